// Sets the chosen theme before anything is painted; the only script that is not a module.
document.documentElement.classList.add("has-js");
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme stays.
}
