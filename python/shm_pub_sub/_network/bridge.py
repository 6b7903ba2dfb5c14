"""Bridge: a session with other bridges, the threads that send and receive, and their end."""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._errors import ExistsError, ForkedError, NetworkError
from .clock import Clock
from .log import logger
from .options import Options
from .status import PERIOD, Status

JOIN = 0.4
"""Seconds that close() waits for each thread."""

FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
"""Signals of the thread that runs into them."""

SLICE = 0.2
"""Seconds after which a thread that waits looks for signals."""

_running: dict[tuple[str, str], Running] = {}
"""This process's bridges, by directory and name."""


class Running:
    """A bridge, once its options are checked.

    Args:
        options: Of the bridge.
        replace: First close this process's earlier bridge of the name.
    """

    def __init__(self, options: Options, replace: bool = False) -> None:
        from .engine import Engine, config_of

        config_of(options)  # raises before anything is there
        self.options = options
        self._pid = os.getpid()
        self._key = options.directory, options.name
        self._replace(replace)
        self._lock = threading.Lock()
        self._peers: set[tuple[str, str]] = set()
        self._twins: dict[str, float] = {}
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._sender: Any = None
        self._receiver: Any = None
        self._engine: Engine | None = None
        self._status: Status | None = None
        _running[self._key] = self
        try:
            with _no_signals():
                self._begin(Engine)
        except BaseException:
            self.close()
            raise

    def _begin(self, engine: type[Any]) -> None:
        options, clock = self.options, Clock()
        self._status = Status(options.name, options.directory, options.mode)
        if options.send:
            from .sender import Sender

            self._sender = Sender(options, clock, options.name)
        if options.receive:
            from .receiver import Receiver

            self._receiver = Receiver(options, clock, self._ask)
        self._engine = made = engine(options, clock, self._on_token)
        if self._sender is not None:
            made.answer(self._sender.on_request, self._sender.on_value)
        for thread in self._threads:
            thread.start()
        if not options.router:
            made.announce()
        threading.Thread(target=self._watch, name="shm_pub_sub bridge", daemon=True).start()

    def _replace(self, replace: bool) -> None:
        earlier = _running.get(self._key)
        if earlier is None or earlier.closed:
            return
        if not replace:
            raise ExistsError(
                f"bridge {self.options.name!r}: found one of this name in this process; expected "
                "one; close() that one, or pass replace=True"
            )
        earlier.close()

    @property
    def _threads(self) -> list[Any]:
        return [each for each in (self._sender, self._receiver) if each is not None]

    def _ask(self, *arguments: Any) -> None:
        assert self._engine is not None  # the receiver's thread starts later
        self._engine.ask(*arguments)

    def _on_token(self, name: str, incarnation: str, is_there: bool, role: str) -> None:
        """Take note of another bridge; in a thread of Zenoh's."""
        if name == self.options.name:
            if is_there:
                self._twins[incarnation] = time.monotonic()
            else:
                self._twins.pop(incarnation, None)
            return
        (self._peers.add if is_there else self._peers.discard)((name, incarnation))
        if self._sender is not None:
            self._sender.on_token(name, incarnation, is_there)
        if self._receiver is not None and "s" in role:
            self._receiver.on_token(name, incarnation, is_there)
        logger().info("bridge %r is %s", name, "there" if is_there else "gone")
        self._changed.set()

    def _watch(self) -> None:
        """Publish how it goes, until the end; in a thread."""
        while not self._ended.is_set():
            self._changed.clear()
            try:
                self._look()
            except Exception as error:
                self._error = error
            for thread in self._threads:
                self._error = self._error or thread.error
            if self._error is not None:
                logger().warning("bridge %r ends: %s", self.options.name, self._error)
                self.close()
                return
            self._changed.wait(PERIOD)

    def _look(self) -> None:
        with self._lock:
            if self._status is not None:
                self._status.update(self.peers, self.counts(), self.rtt)
        for incarnation, since in list(self._twins.items()):
            if time.monotonic() - since > self.options.lease + PERIOD:
                del self._twins[incarnation]
                logger().warning(
                    "bridge %r: found another bridge of this name, which is ignored; expected a "
                    "name for each; pass --name (name=)",
                    self.options.name,
                )

    @property
    def peers(self) -> set[str]:
        """The names of other bridges that are there."""
        return {name for name, _ in self._peers.copy()}

    def counts(self) -> dict[str, int]:
        """Return the values counted so far."""
        sent = self._sender.sent if self._sender is not None else 0
        counts = {"sent": sent}
        for name in ("received", "skipped", "lost", "refused"):
            counts[name] = getattr(self._receiver, name) if self._receiver is not None else 0
        return counts

    @property
    def rtt(self) -> float | None:
        """Seconds of a round trip to the farthest sender; None before the first."""
        return self._receiver.rtt if self._receiver is not None else None

    @property
    def closed(self) -> bool:
        return self._ended.is_set() or os.getpid() != self._pid

    def check(self) -> None:
        """Raise ForkedError in a forked child."""
        if os.getpid() != self._pid:
            raise ForkedError(
                f"bridge {self.options.name!r}: found process {os.getpid()}, a fork of {self._pid} "
                "which made it; expected that process; make bridges in a process of their own"
            )

    def wait(self, timeout: float | None) -> bool:
        """Wait for the end; raise what ended it."""
        self.check()
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        # A signal may be another thread's, and does not wake this one then.
        while not (ended := self._ended.wait(min(SLICE, max(0.0, deadline - time.monotonic())))):
            if time.monotonic() >= deadline:
                break
        if ended and self._error is not None:
            raise NetworkError(f"bridge {self.options.name!r}: {self._error}") from self._error
        return ended

    def close(self) -> None:
        """End it; other bridges are notified. Idempotent, and nothing in a forked child."""
        if os.getpid() != self._pid:
            return
        self._ended.set()
        self._changed.set()
        with self._lock:
            if self._engine is not None:
                self._engine.close()
            for thread in self._threads:
                thread.stop()
            for thread in self._threads:
                if thread.is_alive() and thread is not threading.current_thread():
                    thread.join(JOIN)
            status, self._status = self._status, None
            if status is not None:
                status.close()
            if _running.get(self._key) is self:
                del _running[self._key]


@contextmanager
def _no_signals() -> Iterator[None]:
    """Have threads that start here take no signals, Zenoh's own too.

    Python's main thread does not wake up if another thread takes one, as the kernel may choose.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - FAULTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _keep_in_child() -> None:
    """Keep Zenoh's objects for ever: their threads are not in the child, and freeing waits."""
    for each in _running.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))
    _running.clear()


def _close_all() -> None:
    for each in list(_running.values()):
        each.close()


os.register_at_fork(after_in_child=_keep_in_child)
# Python's end waits for the callbacks of sessions that are open.
atexit.register(_close_all)
