"""One function of one of benchmarks/peers, between two processes or in one.

    python adapter.py MODULE FUNCTION [one]

Exits with an error if FUNCTION does not deliver what was published.
"""

import ctypes
import importlib
import multiprocessing
import os
import signal
import sys
import time

PUBLISHERS = {
    "batch_receiver": "batch_publisher",
    "array_poller": "array_publisher",
    "array_viewer": "array_publisher",
}
VALUES = [1.5, -2.25, 3.0e300]
ELEMENTS = 5_000
"""Of an array: 40,000 bytes, which fit into a pipe."""

SECONDS = 10.0
"""Until a value arrives."""

SETTLING = 0.3
"""Seconds for a library whose subscribers join in the background."""


def is_array(function):
    return function.startswith("array_")


def made(peer, function):
    """Return what both processes inherit."""
    if is_array(function) and hasattr(peer, "array_prepare"):
        return peer.array_prepare(what(function)[0])
    return peer.prepare() if hasattr(peer, "prepare") else None


def end(peer, name, function, shared):
    """Return what an adapter's function of that name returns."""
    like = [what(function)[0]] if is_array(function) else []
    return getattr(peer, name)("there", shared, *like)


class ArrayTaker:
    """Receives arrays with a poller or a viewer."""

    def __init__(self, peer, function, shared):
        get = end(peer, function, function, shared)
        self.into = what(function)[0].copy()
        self.get = (lambda: get(self.into)) if function == "array_poller" else get

    def before(self):
        """Nothing was published yet."""
        assert self.get() is None

    def take(self, sent):
        deadline = time.monotonic() + SECONDS
        while (got := self.get()) is None:
            assert time.monotonic() < deadline, "nothing arrives"
        assert got.dtype == sent.dtype
        assert got.tolist() == sent.tolist(), "another array"
        del got  # before the memory that it lies in may change
        assert self.get() is None, "taken twice"


class Taker:
    """Receives values with one function of an adapter."""

    def __init__(self, peer, function, shared):
        self.function, self.get = function, end(peer, function, function, shared)
        self.nothing = getattr(peer, "BEFORE", None)

    def before(self):
        """Nothing was published yet."""
        if self.function in ("reader", "poller"):
            value = self.get()
            assert value == (self.nothing if self.function == "reader" else None), value

    def take(self, sent):
        deadline = time.monotonic() + SECONDS
        got = self.get()
        while got in (None, [], self.nothing) or (self.function == "reader" and got != sent):
            assert time.monotonic() < deadline, f"{got!r} instead of {sent!r}"
            got = self.get()
        while isinstance(got, list) and len(got) < len(sent):
            assert time.monotonic() < deadline, f"{len(got)} of {len(sent)}"
            got += self.get()
        assert got == sent, f"{got!r} instead of {sent!r}"
        if self.function == "reader":
            assert self.get() == sent, "gone when it was read again"
        if self.function == "poller":
            assert self.get() is None, "taken twice"


def settle(peer):
    if peer.REQUIREMENTS:
        time.sleep(SETTLING)


def what(function):
    if is_array(function):
        import numpy  # noqa: PLC0415 - only if its adapter has arrays

        return [numpy.random.default_rng(seed).random(ELEMENTS) for seed in range(6)]
    return [VALUES, VALUES[::-1], VALUES * 300] if function == "batch_receiver" else VALUES


def ends(peer, function, shared):
    """Return functions that make the publisher and the taker."""
    taker = ArrayTaker if is_array(function) else Taker
    publisher = PUBLISHERS.get(function, "publisher")
    return lambda: end(peer, publisher, function, shared), lambda: taker(peer, function, shared)


def in_one(peer, function):
    publisher, taker = ends(peer, function, made(peer, function))
    publish, taker = publisher(), taker()
    settle(peer)
    taker.before()
    for value in what(function):
        publish(value)
        taker.take(value)


def in_two(peer, function):
    publisher, taker = ends(peer, function, made(peer, function))
    mine, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if not pid:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # no longer than the parent
        mine.close()
        theirs.recv()  # the publisher is there
        taker = taker()
        settle(peer)
        taker.before()
        for value in what(function):
            theirs.send("ready")
            if function != "receiver":
                theirs.recv()
            taker.take(value)
        theirs.recv()
        return
    theirs.close()
    publish = publisher()
    mine.send("there")
    for value in what(function):
        assert mine.poll(SECONDS + SETTLING), "the other process has ended"
        mine.recv()
        publish(value)
        if function != "receiver":
            mine.send("published")
    mine.send("end")
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"the other process ended with {status}"


def main():
    peer = importlib.import_module(f"peers.{sys.argv[1]}")
    (in_one if "one" in sys.argv else in_two)(peer, sys.argv[2])
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
