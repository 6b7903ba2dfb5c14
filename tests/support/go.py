"""Go's publisher and subscriber, through gopy's module."""

import os
from typing import Any

from shm_pub_sub import _arguments, _extension

NOTHING = "nothing\n"


class _Handle:
    """One Go object. No method may be called after close(): gopy would crash."""

    def __init__(self, kind: type, role: str, *arguments: Any) -> None:
        # A copy of the library belongs to the process that loaded it.
        self._go = _extension.load()
        self._prefix = f"bind_{kind.__name__.capitalize()}{role}_"
        make = getattr(self._go, f"bind_New{kind.__name__.capitalize()}{role}")
        where = _arguments.path_to_go(_arguments.directory())
        self._handle: int | None = make(where, *arguments)
        self._go.IncRef(self._handle)
        self._pid = os.getpid()

    def _call(self, method: str, *arguments: Any) -> Any:
        assert self._handle is not None
        assert self._pid == os.getpid()
        return getattr(self._go, self._prefix + method)(self._handle, *arguments)

    def close(self) -> None:
        if self._handle is not None:
            self._call("Close")
            handle, self._handle = self._handle, None
            self._go.DecRef(handle)

    def __exit__(self, *error: object) -> None:
        self.close()


class GoPublisher(_Handle):
    def __init__(
        self, topic: str, default: Any, buffer_num: int = 3, *, retain: bool = False
    ) -> None:
        super().__init__(
            type(default), "Publisher", topic, buffer_num, 0o600, retain, False, "", ""
        )

    def publish(self, value: Any) -> None:
        self._call("Publish", value)

    def __enter__(self) -> "GoPublisher":
        return self


class GoSubscriber(_Handle):
    def __init__(self, topic: str, default: Any, *, max_age: float | None = None) -> None:
        age = round((max_age or 0) * 1e9)
        super().__init__(type(default), "Subscriber", topic, default, age, "")
        self._default = default

    def subscribe(self) -> tuple[Any, bool]:
        try:
            return self._call("Subscribe"), True
        except RuntimeError as error:
            if not str(error).startswith(NOTHING):
                raise
            return self._default, False

    def __enter__(self) -> "GoSubscriber":
        return self
