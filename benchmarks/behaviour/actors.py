"""Processes that publish and read on request, each forked from one that prepared the peer.

A request and its answer are a line of JSON each. Whatever a library does in an actor, the asking
process goes on: it waits a bounded time, and then kills.
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
"""Seconds for an answer that should take none."""
PERIOD = 0.02
"""Seconds between values while a publisher repeats one."""

_STORMS = {phase: words.words(phase * words.PHASE, 5_000) for phase in (1, 2)}
"""Made before any fork, so that a storm begins at once."""


class Trouble(Exception):
    """What an actor did instead of answering: "raises X: text", "hangs", or how it died."""


class Actor:
    """One process, controlled from outside."""

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
        with contextlib.suppress(OSError):  # answer() says how it died
            self._socket.sendall(json.dumps([what, *arguments]).encode() + b"\n")

    def answers(self, timeout):
        """It reports whether an answer or the actor's end comes within so many seconds."""
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
        """Kill it with SIGKILL and return the time of its end."""
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
    """Answer requests until they end."""
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
    """The requests that an actor answers."""

    def __init__(self, peer, shared):
        self._peer, self._shared = peer, shared
        self._saying, self._next, self._error = None, 0.0, None
        self._knows = False  # has read a published value

    def publisher(self):
        self._publish = self._peer.publisher(TOPIC, self._shared)

    def other_type(self):
        self._publish = self._peer.other_type(TOPIC, self._shared)

    def publish(self, value):
        self._publish(value)

    def say(self, value):
        """Publish it now and repeatedly: some readers take a while to join."""
        self._publish(value)
        self._saying = value

    def hush(self):
        """Stop repeating; raise any error since."""
        self._saying = None
        if self._error is not None:
            raise self._error

    def go_on(self):
        """Repeat the value if it is time. An actor calls this often."""
        if self._saying is not None and (now := time.monotonic()) >= self._next:
            self._next = now + PERIOD
            try:
                self._publish(self._saying)
            except Exception as error:
                self._saying, self._error = None, error

    def storm(self, phase):
        """Publish as fast as possible until killed."""
        publish = self._publish
        while True:
            for word in _STORMS[phase]:
                publish(word)

    def reader(self):
        """Make a reader of the latest value, otherwise one that takes the next."""
        for kind in ("reader", "poller", "receiver"):
            if hasattr(self._peer, kind):
                made = getattr(self._peer, kind)(TOPIC, self._shared)
                self._read = _polling(made) if kind == "receiver" else made
                return

    def read(self):
        return repr(self._read())

    def first_value(self, seconds):
        """Return the repr() of the first value read."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (value := self._read()) is not None:
                return repr(value)
            time.sleep(0.001)
        return None

    def await_phase(self, phase, seconds):
        """Read until a value of that publisher comes; return what was seen."""
        return self._watch(seconds, lambda value: words.phase(value) == phase)

    def watch(self, seconds):
        """Read for so many seconds, or until there is no value any more."""
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
            elif value is not None and self._knows:  # before that it may be the initial memory
                seen["garbage"] = [*seen["garbage"], repr(value)][:5]
            if is_end(value):
                return {**seen, "ended": now}
            if value is None or value == last:
                time.sleep(0.0005)
            last = value
        return seen

    def bear(self):
        """Fork a child."""
        self._child = Actor(self)

    def of_child(self, *request):
        """Ask the child; return its answer, or its trouble."""
        self._child.tell(*request)
        end = time.monotonic() + PATIENCE / 2
        while not self._child.answers(PERIOD) and time.monotonic() < end:
            self.go_on()
        try:
            return [self._child.answer(0.0), ""]
        except Trouble as trouble:
            return [None, str(trouble)]

    def lose(self):
        """Kill the child."""
        self._child.kill()


def _polling(receive):
    """Make a non-blocking read of a receive() that only waits."""
    import collections  # noqa: PLC0415
    import threading  # noqa: PLC0415

    values = collections.deque()

    def take():
        while True:
            values.append(receive())

    threading.Thread(target=take, daemon=True).start()
    return lambda: values.popleft() if values else None
