"""What a closed follower has as its poll, whose descriptors are closed."""

from __future__ import annotations


class EndedPoll:
    """It has a Poll's methods, as far as they are called then."""

    closed = True
    lost = False

    def wait(self, _timeout: float | None) -> list[int]:
        raise ValueError("this Poll is closed")

    def fileno(self) -> int:
        return -1

    def wake(self) -> None:
        pass

    close = wake


ENDED = EndedPoll()
