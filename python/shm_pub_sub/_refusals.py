"""What Publisher and Subscriber share."""

from __future__ import annotations

from types import GenericAlias

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    import builtins
    from typing import Any

    from ._spec import Spec


class End:
    """One end of a topic."""

    __slots__ = ()

    _name: str
    _directory: str
    _type: builtins.type[Any]
    _default: Any
    _spec: Spec | None

    def close(self) -> None:
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The topic's name."""
        return self._name

    @property
    def type(self) -> builtins.type[Any]:
        """The default's type: a number's, str, bytes, list, or the array's or record's class."""
        return self._type

    @property
    def default_value(self) -> Any:
        """The default_value given to the constructor, as exactly its type.

        A list, an array or a record is a copy; an array of numpy is read-only.
        """
        return self._default if self._spec is None else self._spec.own_default()

    def __exit__(self, *error: object) -> None:
        self.close()

    def _known_name(self) -> str:
        """Return the repr of the name; '?' before __init__ has set it."""
        return repr(getattr(self, "_name", "?"))

    __class_getitem__: Any = classmethod(GenericAlias)
