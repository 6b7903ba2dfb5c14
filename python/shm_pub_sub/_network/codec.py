"""What a type's values are in messages: the interface of all codecs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .cbor import ARRAY, Buffer, WireError, head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cbor import Reader
    from .lanes import Lane

Message = Callable[[Any, int, int, int], bytes]
Unpack = Callable[[Buffer], tuple[Any, int, int, int] | None]


class Codec:
    """Writes raw values to messages, and reads them. Raises WireError for what is none of the type.

    A raw value is a bool, int or float if that is the type, otherwise the bytes in shared memory.
    """

    def __init__(self, what: str, most: int, row: int = 0) -> None:
        self.message: Message | None = None
        """Returns a whole message of one value, as pack_value()."""
        self.unpack: Unpack | None = None
        """Returns value, number, time and incarnation of such a message; None for any other."""
        self.what = what
        self.most = most
        """The most bytes of a value."""
        self.row = row
        """Bytes that a value's size is a multiple of; 0 if that is most for all values."""

    def check(self, raw: Buffer) -> int:
        """Return the size of a raw value; raises if the type has none of that size."""
        size = len(raw)
        if size != self.most if not self.row else size > self.most or size % self.row:
            unit = f"a multiple of {self.row}, at most " if self.row > 1 else ""
            raise WireError(f"found {size} bytes; expected {unit}{self.most}, of {self.what}")
        return size

    def lanes(self, at: int) -> list[Lane] | None:
        """Return a value's bytes if all values have as many, of one that begins at that place."""
        return None

    def write(self, parts: list[Buffer], raw: Any) -> None:
        """Append a value. Large parts are the value's own memory."""
        raise NotImplementedError

    def read(self, found: Reader) -> Any:
        """Return the raw value that comes next: bytes, or a view of the message."""
        raise NotImplementedError

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        """Append several values as one item."""
        parts.append(head(ARRAY, len(raws)))
        for raw in raws:
            self.write(parts, raw)

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        """Return the values of that item, which have so many bytes at most."""
        if (elements := found.count(ARRAY)) != count:
            found.wrong(f"{count} values", f"{elements}")
        raws = []
        for _ in range(count):
            raws.append(raw := self.read(found))
            most -= len(raw)
            if most < 0:
                found.wrong("fewer bytes of several values", "too many")
        return raws
