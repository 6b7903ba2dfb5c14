"""The API reference has every public name, and every public name has a docstring."""

import inspect
import re
from types import ModuleType

import pytest
import shm_pub_sub
from shm_pub_sub import diagnostics, network
from support.pages import DOCS


def test_reference_has_every_public_name() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^::: shm_pub_sub\.(\w+)$", text, re.MULTILINE))
    if "::: shm_pub_sub._errors\n" in text:
        shown |= {name for name in dir(shm_pub_sub._errors) if name.endswith("Error")}
    assert set(shm_pub_sub.__all__) - {"__version__"} - shown == set()


@pytest.mark.parametrize("module", [diagnostics, network])
def test_reference_has_every_public_name_of_a_module(module: ModuleType) -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(rf"^::: {re.escape(module.__name__)}\.(\w+)$", text, re.MULTILINE))
    assert {name for name in module.__all__ if not name.endswith("Error")} == shown


def test_everything_public_has_a_docstring() -> None:
    lacking = []
    public = [(shm_pub_sub, name) for name in shm_pub_sub.__all__]
    for module, name in [*public, (network, "Bridge")]:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            members = {} if is_named_tuple(thing) else vars(thing)
            found = {key: member for key, member in members.items() if not key.startswith("_")}
            for key, member in {"": thing, **found}.items():
                if not isinstance(member, ModuleType) and not inspect.getdoc(member):
                    lacking.append(f"{name}.{key}".rstrip("."))
    assert lacking == []


def is_named_tuple(thing: object) -> bool:
    """Report whether it is a named tuple; its fields' docstrings are in the source only."""
    return inspect.isclass(thing) and issubclass(thing, tuple)
