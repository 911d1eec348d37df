// Posts forms with the page's CSRF token.

export function headers() {
  return JSON.parse(document.body.getAttribute("hx-headers"));
}

// Resolves to whether the server took it; a redirect means that the session has ended.
export async function post(address, values, options = {}) {
  const response = await fetch(address, {
    method: "POST", headers: headers(), body: new URLSearchParams(values), redirect: "manual", ...options,
  });
  return response.ok;
}
