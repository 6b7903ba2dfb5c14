"""A reader of the file can lock it; that is no publisher, and no reason to refuse one."""

import fcntl
import os
import struct
import subprocess
from pathlib import Path

import pytest
from shm_pub_sub import CreateError, OpenError, Publisher, Subscriber, remove
from support.peer import Peer
from support.programs import Start
from support.remote import make_publisher, publish
from support.waiting import until

READER = """
import fcntl, os, struct, sys
descriptor = os.open(sys.argv[1], os.O_RDONLY)
print("waiting", flush=True)
lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
fcntl.fcntl(descriptor, 38, lock)  # F_OFD_SETLKW on the owner's byte
print("locked", flush=True)
sys.stdin.read()
"""


def test_readers_lock_does_not_keep_a_dead_publisher_alive(
    peer: Peer, start_python: Start, shm_dir: Path
) -> None:
    peer.call(make_publisher, "topic", 0)
    peer.call(publish, "topic", 1)
    (file,) = shm_dir.iterdir()
    reader = start_python(READER, str(file), stdin=subprocess.PIPE)
    assert reader.line() == "waiting"
    subscriber = Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    peer.kill()
    assert reader.line() == "locked"
    until(lambda: subscriber.subscribe() == (-1, False), "publisher dead")
    assert not subscriber.publisher_alive
    with Publisher("topic", 0) as publisher:
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)


def test_own_readers_lock_is_no_publisher(shm_dir: Path) -> None:
    with Publisher("topic", 0, retain=True) as publisher:
        publisher.publish(1)
    (file,) = shm_dir.iterdir()
    descriptor = os.open(file, os.O_RDONLY)
    try:
        lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
        fcntl.fcntl(descriptor, 37, lock)  # F_OFD_SETLK
        assert not Subscriber("topic", -1).publisher_alive
        Publisher("topic", 0).close()
    finally:
        os.close(descriptor)


def test_a_reader_holds_up_the_next_publisher_for_a_second_only(shm_dir: Path) -> None:
    """By a lock on the byte that take-overs lock."""
    Publisher("topic", 0, retain=True).close()
    (file,) = shm_dir.iterdir()
    descriptor = os.open(file, os.O_RDONLY)
    try:
        lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 1, 1, 0)
        fcntl.fcntl(descriptor, 37, lock)  # F_OFD_SETLK
        with pytest.raises(CreateError, match="replacing it for a second"):
            Publisher("topic", 0)
        with pytest.raises(OpenError, match="replacing it for a second"):
            remove("topic")
    finally:
        os.close(descriptor)
    remove("topic")
