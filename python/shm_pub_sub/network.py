"""Topics of other machines: a bridge on each carries those that match, over Eclipse Zenoh.

    # on the robot
    shm_pub_sub.network.Bridge(name="robot", listen="tls/0.0.0.0:7447", send="robot/*")
    # on the laptop
    shm_pub_sub.network.Bridge(name="laptop", connect="tls/robot.local:7447", receive="*")

It is `import shm_pub_sub.network`, and needs the package eclipse-zenoh. `shm-pub-sub bridge` is the
same in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._errors import NetworkError
from ._network.bridge import Running
from ._network.options import LEASE, MAX_TOPICS, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Bridge", "NetworkError"]


class Bridge:
    """Carries topics between this machine and other bridges, until close() or the process's end.

    Nothing is sent without send, nothing is received without receive, and nothing listens without
    listen.

    Args:
        name: By which other bridges know this one; each needs another one. None for the host's.
        listen: Endpoints of Zenoh to listen on, such as "tls/0.0.0.0:7447", one or several.
        connect: Endpoints of other bridges or routers, such as "tls/robot.local:7447". It connects
            when they are there.
        discover: Find bridges on the local network by multicast; needs insecure.
        send: Names or patterns of topics that other bridges may receive, such as "robot/*".
        receive: Names or patterns of other bridges' topics to publish here.
        every: Of which topics to send every value; of others it is the newest one, and older
            values are skipped.
        exclude: Topics that are neither sent nor received.
        rate: The most rounds of values per second to each receiver, in Hz; None for as many as the
            link takes.
        prefix: Comes before the names of received topics; {source} stands for the name of the
            bridge they come from.
        mode: Permission bits of received topics.
        lease: Seconds of silence after which another bridge counts as gone.
        max_topics: The most topics to receive.
        directory: Of the topics, as for Publisher, like trust.
        insecure: Allow traffic with other machines that is not encrypted, or from anyone.
        zenoh: More of Zenoh's configuration, as nested dicts.
        replace: First close this process's earlier bridge of the name, for example when a notebook
            cell runs again.

    Raises:
        ModuleNotFoundError: The package eclipse-zenoh is missing.
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: An argument has a value that is not accepted (a ValueError).
        ExistsError: There is a bridge of this name on this machine (a RuntimeError).
        NetworkError: It cannot listen there (a RuntimeError).

    Threads of its own do the work. They do not survive a fork: in the child it is closed, and all
    but close() raises ForkedError.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        listen: str | Iterable[str] = (),
        connect: str | Iterable[str] = (),
        discover: bool = False,
        send: str | Iterable[str] = (),
        receive: str | Iterable[str] = (),
        every: str | Iterable[str] = (),
        exclude: str | Iterable[str] = (),
        rate: float | None = None,
        prefix: str = "",
        mode: int = 0o600,
        lease: float = LEASE,
        max_topics: int = MAX_TOPICS,
        directory: str | os.PathLike[str] | None = None,
        trust: int | str | Iterable[int | str] | None = None,
        insecure: bool = False,
        zenoh: Mapping[str, Any] | None = None,
        replace: bool = False,
    ) -> None:
        given: dict[str, Any] = {"listen": listen, "connect": connect, "discover": discover}
        given |= {"send": send, "receive": receive, "every": every, "exclude": exclude}
        given |= {"rate": rate, "prefix": prefix, "mode": mode, "lease": lease}
        given |= {"max_topics": max_topics, "directory": directory, "trust": trust}
        given |= {"insecure": insecure, "zenoh": zenoh or {}}
        if name is not None:
            given["name"] = name
        self._running = Running(Options(**given), replace)

    @property
    def name(self) -> str:
        """By which other bridges know it."""
        return self._running.options.name

    @property
    def peers(self) -> list[str]:
        """The names of the other bridges that are there."""
        return sorted(self._checked().peers)

    @property
    def sent(self) -> int:
        """Values sent; those that went to two bridges count twice."""
        return self._checked().counts()["sent"]

    @property
    def received(self) -> int:
        """Values received and published here."""
        return self._checked().counts()["received"]

    @property
    def skipped(self) -> int:
        """Values that were not received as a newer one was there."""
        return self._checked().counts()["skipped"]

    @property
    def lost(self) -> int:
        """Values that were not received, of topics whose sender sends every value."""
        return self._checked().counts()["lost"]

    @property
    def refused(self) -> int:
        """Values received that could not be published here; the log says why."""
        return self._checked().counts()["refused"]

    @property
    def rtt(self) -> float | None:
        """Seconds of a round trip to the farthest bridge; None before the first one."""
        return self._checked().rtt

    @property
    def closed(self) -> bool:
        """True after close(), after a failure, and in a forked child."""
        return self._running.closed

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is closed, and return True; False after timeout seconds.

        Raises:
            NetworkError: It failed (a RuntimeError).
        """
        return self._running.wait(timeout)

    def close(self) -> None:
        """Stop sending and receiving; received topics end, here and at other bridges. Idempotent.

        It takes two seconds at most.
        """
        self._running.close()

    def _checked(self) -> Running:
        self._running.check()
        return self._running

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        options = self._running.options
        parts = [
            f"{option}={list(found)}"
            for option in ("listen", "connect", "send", "receive")
            if (found := getattr(options, option))
        ]
        state = "closed" if self.closed else f"{len(self._running.peers)} peers"
        return f"<Bridge {options.name!r} {' '.join(parts)}: {state}>"
