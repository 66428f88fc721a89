"""`help()` of a public name alone suffices: every parameter is described, none that is gone, results and errors too."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import modelexport_nb
from modelexport_nb import ModelExportError
from modelexport_nb.engine import errors

PUBLIC = {name: getattr(modelexport_nb, name) for name in modelexport_nb.__all__ if not name.startswith("__")}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value) and value is not ModelExportError}
METHODS = {
    f"{owner}.{name}": member
    for owner, value in CLASSES.items()
    for name, member in inspect.getmembers(value, callable)
    if not name.startswith("_") and getattr(member, "__module__", "").startswith("modelexport_nb")
}
PROPERTIES = {
    f"{owner}.{name}": member
    for owner, value in CLASSES.items()
    for name, member in inspect.getmembers(value, lambda member: isinstance(member, property))
}
SECTION = r"^{}:\n((?: {{4}}.*\n|\n)+)"


def section(documented: Any, title: str) -> str:
    """The text below a title of Google's style, without its indentation; empty where there is none."""
    found = re.search(SECTION.format(title), f"{inspect.getdoc(documented)}\n", re.MULTILINE)
    return inspect.cleandoc(f"\n{found[1]}") if found else ""


def entries(documented: Any, title: str) -> list[str]:
    """What a section describes, name by name; several that mean alike may share a line."""
    found = re.findall(r"^(\w+(?:, \w+)*): \S", section(documented, title), re.MULTILINE)
    return [name for names in found for name in names.split(", ")]


def parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_described_in_order(name: str) -> None:
    assert entries(FUNCTIONS[name], "Args") == parameters(FUNCTIONS[name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_and_errors_are_described(name: str) -> None:
    function = FUNCTIONS[name]
    if inspect.signature(function).return_annotation not in (None, "None"):
        assert section(function, "Returns")
        raised = entries(function, "Raises")
        assert raised and all(issubclass(getattr(errors, error), ModelExportError) for error in raised)


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_is_described(name: str) -> None:
    fields = fields_of(CLASSES[name])
    described = [*entries(CLASSES[name], "Attributes"), *entries(CLASSES[name], "Args")]
    assert described and not set(fields) - set(described)
    assert all(hasattr(CLASSES[name], attribute) or attribute in fields for attribute in described)


def fields_of(documented: type) -> list[str]:
    """What an object of a class has: fields of a dataclass, else what it is given when it is made."""
    if dataclasses.is_dataclass(documented):
        names = [field.name for field in dataclasses.fields(documented)]
    else:
        made = inspect.getsource(documented.__init__)  # type: ignore[misc]
        names = re.findall(r"^ +self\.(\w+) = ", made, re.MULTILINE)
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_described(name: str) -> None:
    assert inspect.getdoc(METHODS[name])
    if section(METHODS[name], "Args"):
        assert entries(METHODS[name], "Args") == parameters(METHODS[name])


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_are_described(name: str) -> None:
    assert inspect.getdoc(PROPERTIES[name])


def test_a_stale_docstring_is_seen() -> None:
    def function(one: int, two: int) -> int:
        """Add.

        Args:
            one: the first.
                It may be negative.
            three: gone.

        Returns:
            The sum.
        """
        return one + two

    assert entries(function, "Args") == ["one", "three"] != parameters(function)
    assert section(function, "Returns") == "The sum."
    assert section(function, "Raises") == ""
