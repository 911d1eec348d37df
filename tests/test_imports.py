"""Who may import whom: helpdesk <- copilot <- labeling <- copilot.config, and what stays pure or light."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = [
    *(ROOT / "copilot/pipeline").glob("*.py"),
    *(ROOT / "copilot/statistics").glob("*.py"),
    *(ROOT / "helpdesk/bodies").glob("*.py"),
    *(ROOT / "copilot/matching").glob("*.py"),
    ROOT / "copilot/experiments.py",
    ROOT / "copilot/monitor/funnel.py",
]
HEAVY = {"torch", "sentence_transformers", "sklearn", "snorkel", "transformers"}


def layer_of(module: str) -> int:
    if module.startswith("copilot.config"):
        return 3
    return {"helpdesk": 0, "copilot": 1, "labeling": 2}.get(module.split(".")[0], -1)


@cache
def imports_of(file: Path) -> tuple[str, ...]:
    return tuple(_imported(ast.parse(file.read_text())))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


EVERY = sources("helpdesk", "copilot", "labeling")


def breaches(files: Iterable[Path], is_wrong: Callable[[Path, str], bool]) -> dict[str, list[str]]:
    """Return by module what it imports and must not."""
    found = {module_of(file): [name for name in imports_of(file) if is_wrong(file, name)] for file in files}
    assert found, "the rule looks at no file"
    return {module: names for module, names in found.items() if names}


def package_of(name: str) -> str:
    return name.split(".")[0]


def test_layers_only_know_what_stands_to_their_left() -> None:
    assert not breaches(EVERY, lambda file, name: layer_of(name) > layer_of(module_of(file)))


def test_nothing_imports_the_tests() -> None:
    assert not breaches(EVERY, lambda file, name: package_of(name) == "tests")


def test_pure_modules_know_no_django() -> None:
    assert not breaches(PURE, lambda file, name: package_of(name) in {"django", "rest_framework", "celery"})


def test_training_libraries_stay_in_labeling() -> None:
    files = [file for file in sources("helpdesk", "copilot") if "config" not in file.parts]
    assert not breaches(files, lambda file, name: package_of(name) in HEAVY)


def test_only_one_module_knows_openai() -> None:
    assert breaches(EVERY, lambda file, name: package_of(name) == "openai").keys() == {"copilot.llm"}


@pytest.mark.parametrize(
    ("entry", "forbidden"),
    [
        (
            "copilot.config.asgi",
            {*HEAVY, "onnxruntime", "scipy.stats", "polars", "openai", "pyarrow", "phonenumbers", "stdnum"},
        ),
        ("copilot.config.celery; import django; django.setup(); import copilot.tasks", HEAVY),
    ],
    ids=["web", "suggest worker"],
)
def test_processes_stay_light(entry: str, forbidden: set[str]) -> None:
    """The real process, its addresses and views loaded, holds none of what costs memory."""
    code = (
        f"import sys, os; import {entry}; from django.urls import get_resolver; get_resolver().url_patterns; "
        f"print(sorted(set({sorted(forbidden)!r}) & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stderr
