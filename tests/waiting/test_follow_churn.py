"""follow() while topics come and go: no value of one that lives for 0.2 s is missed."""

import time
from collections import defaultdict

import pytest
from shm_pub_sub import Follow, WaitTimeoutError, follow
from support.programs import Start
from support.soak import first_of

# Topics live for 0.2 s, `lives` at a time, each of three values at its beginning, two later on and
# one at its end. Every third name is used again at once, with another type.
CHURN = """
import sys, time
import shm_pub_sub
first, n, lives = map(int, sys.argv[1:])
LIFE = 0.2

def default(n):
    return (0, 0.0, "")[n % 3]

def value(n, k):
    return type(default(n))(10 * n + k)

def name(n):
    return f"topic/{n - n % 3}" if n % 3 == 1 else f"topic/{n}"

live = []
for number in range(first, first + n):
    while len(live) >= lives:
        due, at, pub = live.pop(0)
        time.sleep(max(0.0, due - time.monotonic()))
        pub.publish(value(at, 5))
        pub.close()
    if number % 3 == 1:  # that name is another's until now
        for entry in [entry for entry in live if entry[1] == number - 1]:
            live.remove(entry)
            due, at, pub = entry
            time.sleep(max(0.0, due - time.monotonic()))
            pub.publish(value(at, 5))
            pub.close()
    pub = shm_pub_sub.Publisher(name(number), default(number), 16)
    for k in range(3):
        pub.publish(value(number, k))
    live.append((time.monotonic() + LIFE, number, pub))
    for k in (3, 4):
        pub.publish(value(number, k))
for due, at, pub in live:
    time.sleep(max(0.0, due - time.monotonic()))
    pub.publish(value(at, 5))
    pub.close()
print("end", flush=True)
sys.stdin.read()
"""

VALUES = [*range(6)]


def gather(follower: Follow, total: int) -> dict[int, list[int]]:
    """Return the numbers of the values that came, by topic."""
    found: dict[int, list[int]] = defaultdict(list)
    received = 0
    until = time.monotonic() + 120 + total / 50
    while received < 6 * total and time.monotonic() < until:
        try:
            _, sample = follower.recv(5.0)
        except WaitTimeoutError:
            break
        number, k = divmod(int(float(sample.value)), 10)
        found[number].append(k)
        received += 1
    return found


@pytest.mark.parametrize(
    ("n", "lives"), first_of({"200": (200, 20), "10,000": (10_000, 40), "alone": (1_000, 5)})
)
def test_every_value_of_topics_that_come_and_go(n: int, lives: int, start_python: Start) -> None:
    with follow("topic/*") as follower:
        for i in range(2):
            start_python(CHURN, i * n, n // 2, lives)
        found = gather(follower, n)
        lost = follower.lost
    numbers = [i * n + k for i in range(2) for k in range(n // 2)]
    wrong = {number: found.get(number) for number in numbers if found.get(number) != VALUES}
    assert wrong == {}
    assert (len(found), lost) == (n, 0)
