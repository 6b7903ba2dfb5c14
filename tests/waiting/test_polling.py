"""A subscriber without write permission polls, and still receives everything."""

import os
from pathlib import Path

import pytest
import shm_pub_sub
from support.programs import Start

NOBODY = 61005
COUNT = 2000

RECEIVE = """
import logging, os, sys
import shm_pub_sub
shm_pub_sub.topics()  # loads all of the library, whose files another user may not read
if user := int(sys.argv[1]):
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
try:
    open(sys.argv[2], "r+b")
    raise SystemExit("it may write")
except PermissionError:
    pass
sub = shm_pub_sub.Subscriber("topic", 0, history=0)
print("ready", flush=True)
count = int(sys.argv[3])
received = [sub.recv(20) for _ in range(count)]
assert received == list(range(1, count + 1)), received
assert sub.lost == 0
print("received", flush=True)
print(sub.recv_sample(20).value, flush=True)
try:
    sub.recv(0.01)
except TimeoutError:
    print("timeout", flush=True)
"""


def wait_word(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def test_reader_that_may_not_write_receives_every_value(start_python: Start, shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)
    # Root, which no permission stops, becomes another user.
    user = NOBODY if os.geteuid() == 0 else 0
    path = shm_dir / "shm_pub_sub.topic"
    with shm_pub_sub.Publisher("topic", 0, COUNT, mode=0o644) as publisher:
        path.chmod(0o444)
        reader = start_python(RECEIVE, user, path, COUNT)
        assert reader.line() == "ready"
        for number in range(1, COUNT + 1):
            publisher.publish(number)
        assert reader.line() == "received"
    # Across a restart too.
    with shm_pub_sub.Publisher("topic", 0, 1, mode=0o644) as publisher:
        path.chmod(0o444)
        publisher.publish(-1)
        assert reader.line() == "-1"
        assert reader.line() == "timeout"
        assert wait_word(path) == bytes(4), "no waiter has announced itself"
        assert reader.wait(20) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")
def test_another_user_with_permission_to_write_waits(start_python: Start, shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)
    program = RECEIVE.replace('raise SystemExit("it may write")', "pass")
    with shm_pub_sub.Publisher("topic", 0, COUNT, mode=0o666) as publisher:
        reader = start_python(program, NOBODY, shm_dir / "shm_pub_sub.topic", 1)
        assert reader.line() == "ready"
        while wait_word(shm_dir / "shm_pub_sub.topic")[0] & 1 == 0:
            assert reader.poll() is None
        publisher.publish(1)
        assert reader.line() == "received"
        publisher.publish(2)
        assert reader.line() == "2"
        assert reader.wait(20) == 0
