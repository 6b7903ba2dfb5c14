"""The values of `pub`, from text in its arguments or on stdin."""

from __future__ import annotations

from typing import Any

from shm_pub_sub import OpenError, ShmError, TopicInfo, TopicNotFoundError
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._raw import raw_subscriber
from shm_pub_sub._spec import Spec
from shm_pub_sub._topics import inspect_typed

from .encode import encoded, from_hex, loaded
from .values import TYPES, NotAValue, common_type, parsed

FILE = "@"
"""Begins the name of a file, of which bytes have the content."""


class Target:
    """The topic to publish to: the one that exists, and the type that it will have.

    Args:
        topic: Its name.
        wanted: The type that was asked for.
    """

    def __init__(self, topic: str, wanted: Spec | None = None) -> None:
        self.topic = topic
        self.info: TopicInfo | None = None
        """Of the topic that is there already, if it can be read and is trusted."""
        self.known: Spec | None = None
        """Its type."""
        try:
            info, descriptor = inspect_typed(topic)
        except (TopicNotFoundError, OpenError):
            pass  # the publisher raises it again, if it matters
        else:
            if info.trusted:
                self.info, self.known = info, spec_of_descriptor(descriptor)
        self.is_wanted = wanted is not None
        """Whether the type was asked for."""
        self.spec = wanted or self.known
        """None until it follows from the values."""

    @property
    def metadata(self) -> dict[str, Any]:
        """What the topic that is there says, if it stays of its type."""
        is_same = self.known and self.spec and self.known.descriptor == self.spec.descriptor
        return self.info.metadata if self.info is not None and is_same else {}

    def choose_number(self, texts: list[str]) -> None:
        """Choose bool, int or float, as the texts are: float for ints if the topic has floats.

        Raises NotAValue if a text is none of these.
        """
        try:
            kind = common_type(texts)
        except NotAValue as error:
            if self.known is not None:
                raise
            hint = f"for other types of the new topic {self.topic!r}, pass --type, such as"
            raise NotAValue(f"{error}; {hint} --type {_guess(texts[0])}") from None
        name = kind.__name__
        if kind is int and self.known is not None and self.known.kind == "float":
            name = "float"
        self.spec = Spec(name, TYPES[name], TYPES[name]())


def _guess(text: str) -> str:
    """Return a type that the text may be meant for."""
    return {"[": "'float64[3]'", "{": "'Imu{ax: float64}'"}.get(text.lstrip()[:1], "str")


class Values:
    """Makes values of texts: numbers, or bytes. Each may keep fields of the one before."""

    def __init__(self, spec: Spec, topic: str = "") -> None:
        self._spec = spec
        self._before: bytes | None = None
        if spec.kind == "record" and topic:
            self._before = _retained(topic, spec)

    def value(self, text: str, where: str = "") -> Any:
        """Return the text's value; where begins the text of an error.

        Text stands for itself, bytes are 0x00ff or @FILE; records, arrays and lists are JSON.
        Raises NotAValue, or OSError for a file.
        """
        spec = self._spec
        if spec.is_number:
            return parsed(text, spec.type, where)
        try:
            if spec.kind == "text":
                return encoded(spec, text)
            if spec.kind == "bytes":
                return encoded(spec, f"0x{_bytes(text, spec.max).hex()}")
            if spec.kind == "scalar" and spec.type is not complex:
                return encoded(spec, parsed(text, spec.type))
            found = encoded(spec, loaded(text), self._before)
        except NotAValue as error:
            raise NotAValue(f"{where}{error}") from None
        if spec.kind == "record":
            self._before = found
        return found


def _bytes(text: str, most: int | None) -> bytes:
    if not text.startswith(FILE):
        try:
            return from_hex(text)
        except NotAValue as error:
            raise NotAValue(f"{error}, or {FILE}FILE for its content") from None
    path = text[len(FILE) :]
    with open(path, "rb") as file:
        if most is None:
            return file.read()
        found = file.read(most + 1)  # no more of a file that has no end
    if len(found) > most:
        raise NotAValue(f"{path}: found more than {most} bytes; expected {most} at most")
    return found


def _retained(topic: str, spec: Spec) -> bytes | None:
    """Return the topic's newest value, if it is readable and of the type."""
    try:
        with raw_subscriber(topic, spec.descriptor) as sub:
            newest = sub.sample()
            return None if newest is None else bytes(newest.value)
    except ShmError:
        return None
