"""The self-test: a value from this process to another."""

from __future__ import annotations

import os
import subprocess

from .._errors import ShmError
from .._publisher import Publisher
from .._python import python
from .._text import duration
from .._topics import inspect
from .finding import FAIL, OK, Finding

TIMEOUT = 20.0
"""Seconds for the other process to start, and again for the value to arrive."""
VALUE = 6.25
VERSION_OFFSET = 65544
"""Of the layout version in a topic's file: docs/memory-layout.md."""

RECEIVER = f"""
import sys, shm_pub_sub
with shm_pub_sub.Subscriber(sys.argv[1], 0.0, directory=sys.argv[2]) as sub:
    sub.wait_for_publisher(timeout={TIMEOUT})
    print("ready", flush=True)
    sample = sub.recv_sample(timeout={TIMEOUT})
    print(sample.value, sample.age)
"""


def self_test(where: str) -> Finding:
    """Another process receives a value that is published here; nothing is left of it."""
    name = f"shm-pub-sub/doctor/{os.getpid()}"
    try:
        with Publisher(name, 0.0, directory=where) as publisher:
            layout = _layout_of(inspect(name, directory=where).path)
            return _try(publisher, where, layout)
    except (ShmError, OSError, subprocess.SubprocessError) as error:
        return Finding("self-test", FAIL, str(error))


def _layout_of(path: str) -> int:
    with open(path, "rb") as file:
        file.seek(VERSION_OFFSET)
        return int.from_bytes(file.read(4), "little")


def _try(publisher: Publisher, where: str, layout: int) -> Finding:
    with subprocess.Popen(
        python(RECEIVER, publisher.name, where),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
    ) as receiver:
        try:
            assert receiver.stdout is not None
            if receiver.stdout.readline() == "ready\n":  # the receiver times out
                publisher.publish(VALUE)
            out, err = receiver.communicate(timeout=2 * TIMEOUT)
        finally:
            receiver.kill()  # does nothing if it has ended
    value, _, age = out.partition(" ")
    if value != str(VALUE):
        reason = err.strip().rpartition("\n")[2] or f"it received {value or 'nothing'}"
        return Finding("self-test", FAIL, f"the other process: {reason}")
    took = duration(float(age))
    return Finding("self-test", OK, f"a value reached another process in {took} (layout {layout})")
