"""Values from text."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

TYPES: dict[str, type] = {"bool": bool, "float": float, "int": int}

_BOOLS = {"true": True, "false": False}


class NotAValue(Exception):
    """The text is no value of the topic's type."""


def common_type(texts: Iterable[str]) -> type:
    """Return the type of a topic for all texts: float if there are ints and floats."""
    kinds = {_type_of(text): text for text in texts}
    if len(kinds) > 1 and bool in kinds:
        others = ", ".join(repr(text) for text in kinds.values())
        raise NotAValue(f"found {others}; expected either true and false or numbers")
    return float if float in kinds else next(iter(kinds))


def parsed(text: str, kind: type, where: str = "") -> Any:
    """Return the value of the text. where begins the error's text."""
    try:
        if kind is bool:
            return _BOOLS[text.lower()]
        return _integer(text) if kind is int else _float(text)
    except (KeyError, ValueError):
        if kind is float:
            try:
                return float(_integer(text))  # 0x10
            except ValueError:
                pass
    expected = {bool: "true or false", int: "an integer", float: "a number"}[kind]
    raise NotAValue(
        f"{where}found {text!r}; expected {expected}, as the topic's type is {kind.__name__}; "
        "change the type with --type"
    )


def _type_of(text: str) -> type:
    if text.lower() in _BOOLS:
        return bool
    for kind, parse in ((int, _integer), (float, _float)):
        try:
            parse(text)
        except ValueError:
            continue
        return kind
    raise NotAValue(f"found {text!r}; expected true, false or a number (nan and inf are numbers)")


def _integer(text: str) -> int:
    """Return an int in Python's notation, such as 0x10; 010 is ten."""
    try:
        number = int(text, 0)
    except ValueError:
        number = int(text)
    if not -(2**63) <= number < 2**63:
        raise NotAValue(
            f"found {text!r}; expected a 64-bit integer; larger numbers need --type float"
        )
    return number


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number) and "inf" not in text.lower():
        raise NotAValue(f"found {text!r}; expected a number of at most {sys.float_info.max:.6g}")
    return number
