"""More topics than this process has descriptors for: the others come when there is room."""

import subprocess
from contextlib import ExitStack

from shm_pub_sub import Publisher
from support.programs import Start

PROGRAM = """
import logging, os, resource, sys
import shm_pub_sub
logging.basicConfig(stream=sys.stdout, format="%(message)s")
shm_pub_sub.topics()
used, (_, most) = len(os.listdir("/proc/self/fd")), resource.getrlimit(resource.RLIMIT_NOFILE)
limits = used + 100, most
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
follower = shm_pub_sub.follow()
seen = set()

def see(n):
    while len(seen) < n:
        seen.add(follower.recv(30)[0])

see(len(follower.topics))
assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
print(len(seen), used + 100 - len(os.listdir("/proc/self/fd")), flush=True)
try:
    follower.recv(1.2)  # it looks for room, and says no more
except TimeoutError:
    pass
if sys.argv[1] == "raise":
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 400, most))
    see(60)
else:
    print("close", flush=True)
    see(len(seen) + 5)
print("all", flush=True)
"""


def test_what_has_no_room_is_logged_once_and_followed_when_the_limit_is_raised(
    start_python: Start,
) -> None:
    with ExitStack() as stack:
        for n in range(60):
            stack.enter_context(Publisher(f"topic/{n:02}", 0)).publish(n)
        follower = start_python(PROGRAM, "raise")
        message = follower.line()
        followed, free = map(int, follower.line().split())
        assert f": {60 - followed} topics, 'topic/{followed:02}' first, are left out" in message
        assert 10 < followed < 50
        assert free >= 25, "the program's own"
        assert follower.line() == "all"


SUCCESSOR = """
import os, resource, sys
import shm_pub_sub
follower = shm_pub_sub.follow()

def see(timeout):
    try:
        while True:
            print(follower.recv(timeout)[1].value, flush=True)
            timeout = min(timeout, 0.01)
    except TimeoutError:
        print("all", flush=True)

see(30)
used, (_, most) = len(os.listdir("/proc/self/fd")), resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (used, most))
files = []
try:
    while True:
        files.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
print("full", flush=True)
sys.stdin.readline()
see(0.1)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
see(30)
"""


def test_no_value_comes_twice_if_there_was_no_descriptor_for_the_next_publisher_s(
    start_python: Start,
) -> None:
    with Publisher("topic", 0, 9, retain=True) as pub:
        pub.publish(1)
        follower = start_python(SUCCESSOR, stderr=subprocess.DEVNULL)
        assert [follower.line() for _ in range(3)] == ["1", "all", "full"]
    with Publisher("topic", 0, 9) as pub:
        pub.publish(2)
        follower.tell("")
        assert [follower.line() for _ in range(3)] == ["all", "2", "all"]


def test_what_has_no_room_takes_the_place_of_what_ends(start_python: Start) -> None:
    publishers = [Publisher(f"topic/{n:02}", 0) for n in range(60)]
    for publisher in publishers:
        publisher.publish(1)
    follower = start_python(PROGRAM, "close")
    assert "are left out for now" in follower.line()
    follower.line()
    assert follower.line() == "close"
    for publisher in publishers[:5]:
        publisher.close()
    assert follower.line() == "all"
    for publisher in publishers:
        publisher.close()
