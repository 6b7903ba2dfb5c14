"""The API reference has every public name, and every public name has a docstring."""

import inspect
import re
from types import ModuleType

import shm_pub_sub
from support.pages import DOCS


def test_reference_has_every_public_name() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^::: shm_pub_sub\.(\w+)$", text, re.MULTILINE))
    if "::: shm_pub_sub._errors\n" in text:
        shown |= {name for name in dir(shm_pub_sub._errors) if name.endswith("Error")}
    assert set(shm_pub_sub.__all__) - {"__version__"} - shown == set()


def test_everything_public_has_a_docstring() -> None:
    lacking = []
    for name in shm_pub_sub.__all__:
        thing = getattr(shm_pub_sub, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            members = {} if is_named_tuple(thing) else vars(thing)
            public = {key: member for key, member in members.items() if not key.startswith("_")}
            for key, member in {"": thing, **public}.items():
                if not isinstance(member, ModuleType) and not inspect.getdoc(member):
                    lacking.append(f"{name}.{key}".rstrip("."))
    assert lacking == []


def is_named_tuple(thing: object) -> bool:
    """Report whether it is a named tuple; its fields' docstrings are in the source only."""
    return inspect.isclass(thing) and issubclass(thing, tuple)
