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

PUBLISHERS = {"batch_receiver": "batch_publisher"}
VALUES = [1.5, -2.25, 3.0e300]
SECONDS = 10.0
"""Until a value arrives."""

SETTLING = 0.3
"""Seconds for a library whose subscribers join in the background."""


class Taker:
    """Receives values with one function of an adapter."""

    def __init__(self, peer, function, shared):
        self.function, self.get = function, getattr(peer, function)("there", shared)
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
    return [VALUES, VALUES[::-1], VALUES * 300] if function == "batch_receiver" else VALUES


def in_one(peer, function):
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    publish = getattr(peer, PUBLISHERS.get(function, "publisher"))("there", shared)
    taker = Taker(peer, function, shared)
    settle(peer)
    taker.before()
    for value in what(function):
        publish(value)
        taker.take(value)


def in_two(peer, function):
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    mine, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if not pid:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # no longer than the parent
        mine.close()
        theirs.recv()  # the publisher is there
        taker = Taker(peer, function, shared)
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
    publish = getattr(peer, PUBLISHERS.get(function, "publisher"))("there", shared)
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
