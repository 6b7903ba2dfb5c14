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

from behaviour import words

TOPIC = "there"
PATIENCE = 4.0
"""Seconds for what should take none."""
PERIOD = 0.02
"""Seconds from one value to the next, of who says one again and again."""

_STORMS = {phase: words.words(phase * words.PHASE, 5_000) for phase in (1, 2)}
"""Made before anybody forks: a storm begins at once."""


class Trouble(Exception):
    """What an actor did in place of answering: "raises X: text", "hangs", or what it died of."""


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

    def answers(self, timeout):
        """It reports whether there is an answer, or none any more, within so many seconds."""
        return bool(select.select([self._socket], [], [], timeout)[0])

    def answer(self, timeout=PATIENCE):
        while b"\n" not in self._rest:
            if not self.answers(timeout):
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
    rest = b""
    while True:
        while b"\n" not in rest:
            if select.select([requests], [], [], PERIOD)[0]:
                data = requests.recv(1 << 16)
                if not data:
                    os._exit(0)
                rest += data
            part.go_on()
        line, _, rest = rest.partition(b"\n")
        what, *arguments = json.loads(line)
        try:
            answer = [getattr(part, what)(*arguments), ""]
        except BaseException as error:
            answer = [None, said(error)]
        requests.sendall(json.dumps(answer).encode() + b"\n")


def said(error):
    return f"{type(error).__name__}: {error}".partition("\n")[0][:300]


class Part:
    """What an actor can be asked to do."""

    def __init__(self, peer, shared):
        self._peer, self._shared = peer, shared
        self._saying, self._next, self._error = None, 0.0, None
        self._knows = False  # has read a value that somebody published

    def publisher(self):
        self._publish = self._peer.publisher(TOPIC, self._shared)

    def other_type(self):
        self._publish = self._peer.other_type(TOPIC, self._shared)

    def publish(self, value):
        self._publish(value)

    def say(self, value):
        """Publish it now and again and again: some readers take a while to join."""
        self._publish(value)
        self._saying = value

    def hush(self):
        """No more. Raises what went wrong meanwhile."""
        self._saying = None
        if self._error is not None:
            raise self._error

    def go_on(self):
        """Say it once more if it is time; whatever else it does, an actor calls this often."""
        if self._saying is not None and (now := time.monotonic()) >= self._next:
            self._next = now + PERIOD
            try:
                self._publish(self._saying)
            except Exception as error:
                self._saying, self._error = None, error

    def storm(self, phase):
        """Publish as fast as can be, until it is killed."""
        publish = self._publish
        while True:
            for word in _STORMS[phase]:
                publish(word)

    def reader(self):
        """Make what reads the newest, or else what takes the next."""
        for kind in ("reader", "poller", "receiver"):
            if hasattr(self._peer, kind):
                made = getattr(self._peer, kind)(TOPIC, self._shared)
                self._read = _polling(made) if kind == "receiver" else made
                return

    def read(self):
        return repr(self._read())

    def first_value(self, seconds):
        """Return the first value that is read, as text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (value := self._read()) is not None:
                return repr(value)
            time.sleep(0.001)
        return None

    def await_phase(self, phase, seconds):
        """Read until there is a value of that publisher; whether there was, and what else."""
        return self._watch(seconds, lambda value: words.phase(value) == phase)

    def watch(self, seconds):
        """Read for so long, or until there is nothing to read any more."""
        return self._watch(seconds, lambda value: value is None)

    def _watch(self, seconds, is_end):
        seen, last = {"ended": None, "reads": 0, "garbage": [], "how": ""}, None
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.go_on()
            try:
                value = self._read()
            except Exception as error:
                return {**seen, "ended": now, "how": f"raises {said(error)}"}
            seen["reads"] += 1
            if words.is_sound(value):
                self._knows = True
            elif value is not None and self._knows:  # before that it may be what memory begins with
                seen["garbage"] = [*seen["garbage"], repr(value)][:5]
            if is_end(value):
                return {**seen, "ended": now}
            if value is None or value == last:
                time.sleep(0.0005)
            last = value
        return seen

    def bear(self):
        """Fork."""
        self._child = Actor(self)

    def of_child(self, *request):
        """Ask it of the child: what it answers, or else what it does."""
        self._child.tell(*request)
        end = time.monotonic() + PATIENCE / 2
        while not self._child.answers(PERIOD) and time.monotonic() < end:
            self.go_on()
        try:
            return [self._child.answer(0.0), ""]
        except Trouble as trouble:
            return [None, str(trouble)]

    def lose(self):
        """End the child."""
        self._child.kill()


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
