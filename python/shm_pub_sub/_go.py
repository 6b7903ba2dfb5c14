"""Calls into Go: their errors as exceptions, and what they return, decoded."""

from __future__ import annotations

import sys
from itertools import groupby

from ._errors import (
    ClosedError,
    CreateError,
    ExistsError,
    InternalError,
    LayoutError,
    OpenError,
    ShmError,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
)
from ._extension import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BY_KIND: dict[str, type[ShmError]] = {
    "exists": ExistsError,
    "create": CreateError,
    "open": OpenError,
    "layout": LayoutError,
    "closed": ClosedError,
    "type": TopicTypeError,
    "value": TopicValueError,
    "nopublisher": TopicNotFoundError,
}


def from_go(error: RuntimeError) -> ShmError:
    """Turn an error of the Go side, `kind\\ntext` in Latin-1, into its class.

    Loading Go raises an error of its own, which is returned as it is.
    """
    if isinstance(error, ShmError):
        return error
    kind, _, text = str(error).partition("\n")
    return _BY_KIND.get(kind, InternalError)(_decoded((text or kind).encode("latin-1", "replace")))


def _decoded(text: bytes) -> str:
    """Return Go's text without lone surrogates, which few loggers and terminals can take.

    Names of topics are UTF-8. What is not is a path's, and as the file system's encoding has it.
    """
    pieces = groupby(text.decode("utf-8", "surrogateescape"), lambda c: "\udc80" <= c <= "\udcff")
    return "".join(
        "".join(piece)
        .encode("utf-8", "surrogateescape")
        .decode(sys.getfilesystemencoding() if foreign else "utf-8", "backslashreplace")
        for foreign, piece in pieces
    )


def call(function: str, *arguments: str) -> Any:
    """Call the Go function, and decode what it answers."""
    import json

    try:
        return json.loads(getattr(load(), f"bind_{function}")(*arguments))
    except RuntimeError as error:
        raise from_go(error) from None
