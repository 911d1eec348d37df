"""The examples in docstrings say what the code does."""

import doctest
import importlib.util
import pkgutil
from pathlib import Path

import pytest

import copilot
import helpdesk
import labeling


def _shows_examples(name: str) -> bool:
    origin = importlib.util.find_spec(name).origin
    return origin is not None and ">>> " in Path(origin).read_text("utf-8")


MODULES = sorted(
    found.name
    for package in (copilot, helpdesk, labeling)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if ".migrations" not in found.name and ".management" not in found.name and _shows_examples(found.name)
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.attempted > 0
    assert tried.failed == 0
