"""The version of the code: its commit, and whether it was changed since."""

import subprocess
from pathlib import Path

from copilot.code_version import code_version, version_of


def test_it_names_the_commit_and_marks_each_change(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "code.py").write_text("1")
    git("add", "code.py")
    git("commit", "-m", "Begin.")
    clean = version_of(tmp_path)
    assert len(clean) == 40
    marks = []
    for text in ("2", "3"):
        (tmp_path / "code.py").write_text(text)
        marks.append(version_of(tmp_path))
    assert all(mark.startswith(f"{clean}+changes.") for mark in marks)
    assert marks[0] != marks[1]


def test_without_a_repository_it_is_the_packages(tmp_path: Path) -> None:
    assert version_of(tmp_path / "nowhere") == ""
    assert code_version()
