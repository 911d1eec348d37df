"""The examples in docstrings say what the code does."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import copilot
import helpdesk
import labeling

MODULES = sorted(
    found.name
    for package in (copilot, helpdesk, labeling)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if ".migrations" not in found.name and ".management" not in found.name
)


def _has_examples(module: ModuleType) -> bool:
    return any(test.examples for test in doctest.DocTestFinder(exclude_empty=True).find(module))


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    if _has_examples(module):
        assert doctest.testmod(module).failed == 0


def test_there_are_examples_at_all() -> None:
    assert sum(_has_examples(importlib.import_module(name)) for name in MODULES) > 20
