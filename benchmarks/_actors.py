"""Processes that publish and read on request, each forked from one that prepared the peer.

A request is a line of JSON, and so is what comes back. Whatever a library does in an actor, the one
who asks gets on: it waits a bounded time, and kills.
"""

import contextlib
import json
import os
import select
import signal
import socket
import time

import _words

TOPIC = "there"
PATIENCE = 4.0
"""Seconds for what should take none."""


class Trouble(Exception):
    """What an actor did in place of answering: "raises X: text", "hangs", or the signal it died of."""


class Actor:
    """One process, asked from outside."""

    def __init__(self, part):
        mine, its = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            mine.close()
            _live(part, its)
        its.close()
        self._socket, self._rest, self._status = mine, b"", None

    def ask(self, what, *arguments, timeout=PATIENCE):
        self.tell(what, *arguments)
        return self.answer(timeout)

    def tell(self, what, *arguments):
        with contextlib.suppress(OSError):  # answer() says what it died of
            self._socket.sendall(json.dumps([what, *arguments]).encode() + b"\n")

    def answer(self, timeout=PATIENCE):
        while b"\n" not in self._rest:
            if not select.select([self._socket], [], [], timeout)[0]:
                self.kill()
                raise Trouble("hangs")
            try:
                data = self._socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                raise Trouble(self._death())
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        result, error = json.loads(line)
        if error:
            raise Trouble(f"raises {error}")
        return result

    def kill(self):
        """As nobody can prevent. Returns the time of its end."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
        self._reap()
        return time.monotonic()

    def _death(self):
        self._reap()
        code = os.waitstatus_to_exitcode(self._status)
        return signal.Signals(-code).name if code < 0 else f"exits with {code}"

    def _reap(self):
        if self._status is None:
            _, self._status = os.waitpid(self.pid, 0)


def _live(part, requests):
    """An actor's life: it ends with its requests."""
    for line in requests.makefile("rb"):
        what, *arguments = json.loads(line)
        try:
            answer = [getattr(part, what)(*arguments), ""]
        except BaseException as error:
            answer = [None, said(error)]
        requests.sendall(json.dumps(answer).encode() + b"\n")
    os._exit(0)


def said(error):
    return f"{type(error).__name__}: {error}".partition("\n")[0][:300]


class Part:
    """What an actor can be asked to do."""

    def __init__(self, peer, shared):
        self._peer, self._shared = peer, shared

    def publisher(self, topic=TOPIC):
        self._publish = self._peer.publisher(topic, self._shared)

    def other_type(self):
        self._publish = self._peer.other_type(TOPIC, self._shared)

    def publish(self, value):
        self._publish(value)

    def publish_for(self, value, seconds):
        """For readers that take a while to join."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._publish(value)
            time.sleep(0.02)

    def storm(self, first):
        """Publish as fast as can be, until it is killed."""
        words, publish = _words.words(first, 100_000), self._publish
        while True:
            for word in words:
                publish(word)

    def reader(self, topic=TOPIC):
        """Make what reads the newest, or else what takes the next; say which."""
        for kind in ("reader", "poller", "receiver"):
            if hasattr(self._peer, kind):
                make = getattr(self._peer, kind)(topic, self._shared)
                self._read = _polling(make) if kind == "receiver" else make
                return kind
        return None

    def read(self):
        return self._read()

    def await_phase(self, phase, seconds):
        """Read until there is a value of that publisher; whether there was, and what else."""
        return self._watch(seconds, lambda value: _words.phase(value) == phase)

    def watch(self, seconds):
        """Read for so long, or until there is nothing to read any more."""
        return self._watch(seconds, lambda value: value is None)

    def _watch(self, seconds, is_end):
        seen = {"ended": None, "reads": 0, "garbage": [], "how": ""}
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            try:
                value = self._read()
            except Exception as error:
                seen |= {"ended": now, "how": f"raises {said(error)}"}
                break
            seen["reads"] += 1
            if value is not None and not _words.is_sound(value):
                seen["garbage"] = [*seen["garbage"], repr(value)][:5]
            if is_end(value):
                seen["ended"] = now
                break
            if value is None:
                time.sleep(0.001)
        return seen

    def first_value(self, seconds):
        """Return the first value that is read, as text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (value := self._read()) is not None:
                return repr(value)
            time.sleep(0.001)
        return None

    def read_in_child(self, value, seconds):
        """Fork; what a child reads of what is published meanwhile."""
        child = Actor(self)
        try:
            child.tell("await_phase", _words.phase(value), seconds)
            self.publish_for(value, seconds)
            return [child.answer(), ""]
        except Trouble as trouble:
            return [None, str(trouble)]
        finally:
            child.kill()

    def in_child(self, what, *arguments):
        """Fork, and do it there."""
        child = Actor(self)
        try:
            return [child.ask(what, *arguments, timeout=2.0), ""]
        except Trouble as trouble:
            return [None, str(trouble)]
        finally:
            child.kill()


def _polling(receive):
    """Make a read of what can only wait."""
    import collections  # noqa: PLC0415
    import threading  # noqa: PLC0415

    values = collections.deque()

    def take():
        while True:
            values.append(receive())

    threading.Thread(target=take, daemon=True).start()
    return lambda: values.popleft() if values else None
