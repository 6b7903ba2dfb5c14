"""For the API reference: signatures and types from the stub, docstrings from the library itself.

The classes are half in C, where griffe sees nothing: their docstrings are in the extension. So the
library has to be installed where the reference is built.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import griffe
import shm_pub_sub

TYPED_BY_STUB = ("Publisher", "Subscriber", "Sample", "select", "align", "Alignment")


class Stub(griffe.Extension):
    """Puts what the stub says in the place of what the sources say."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        sources = [Path(str(pkg.filepath)).with_name(name) for name in ("__init__.pyi", "_hot.pyi")]
        stub, hot = (griffe.visit("shm_pub_sub", s, s.read_text(encoding="utf-8")) for s in sources)
        join_overloads(stub)
        for name in TYPED_BY_STUB:
            described = (hot if stub.members[name].is_alias else stub).members[name]
            describe(described, getattr(shm_pub_sub, name))
            pkg.set_member(name, described)


def describe(described: Any, real: object) -> None:
    """Give it, and what is public in it, the docstrings that they have at run time."""
    if not isinstance(described, griffe.Class):
        described.docstring = docstring(described, real)
        return
    join_overloads(described)
    described.docstring = docstring(described, real)
    for name, member in described.members.items():
        if not name.startswith("_"):
            member.docstring = docstring(member, getattr(real, name))


def join_overloads(scope: griffe.Module | griffe.Class) -> None:
    """Make one function of those that a stub has in overloads alone."""
    for name, overloads in scope.overloads.items():
        if not overloads:
            continue
        for overload in overloads:
            for parameter in overload.parameters:
                if parameter.name == "mode":
                    parameter.default = "0o600"  # which griffe gives in decimal
        whole = griffe.Function(name, parameters=untyped(overloads[0].parameters))
        whole.overloads = overloads
        scope.set_member(name, whole)


def untyped(parameters: griffe.Parameters) -> griffe.Parameters:
    """Return what overloads have in common, the types excepted."""
    return griffe.Parameters(
        *(griffe.Parameter(p.name, kind=p.kind, default=p.default) for p in parameters)
    )


def docstring(of: Any, real: object) -> griffe.Docstring:
    """Return the docstring, which has to exist."""
    text = inspect.getdoc(real)
    if not text:
        raise SystemExit(f"{of.path} has no docstring")
    text = re.sub(r"__\w+__", r"`\g<0>`", text)  # which Markdown would print in bold
    options = griffe.GoogleOptions(warn_missing_types=False)  # overloads have them
    return griffe.Docstring(text, parent=of, parser="google", parser_options=options)
