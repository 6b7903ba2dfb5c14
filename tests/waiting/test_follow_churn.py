"""follow() while topics come and go: no value of one that lives for 0.2 s is missed."""

import time
from collections import defaultdict

import pytest
from shm_pub_sub import Follow, WaitTimeoutError, follow
from support.programs import Start
from support.soak import first_of

# Topics live for so long, `lives` at a time, each of three values at its beginning, two a little
# later and one at its end. Half the names are used again at once, mostly with another type.
CHURN = """
import sys, time
import shm_pub_sub
first, n, lives = map(int, sys.argv[1:4])
life = float(sys.argv[4])

def default(n):
    return (0, 0.0, "")[n % 3]

def publish(number, pub, ks):
    for k in ks:
        pub.publish(type(default(number))(10 * number + k))

def end(due, number, pub):
    time.sleep(max(0.0, due - time.monotonic()))
    publish(number, pub, [5])
    pub.close()

live = []
for number in range(first, first + n):
    if len(live) == lives:
        end(*live.pop(0))
    name = f"topic/{first}/{number % lives if number % 2 else number}"
    pub = shm_pub_sub.Publisher(name, default(number), 16)
    publish(number, pub, [0, 1, 2])
    if live:
        publish(*live[-1][1:], [3, 4])
    live.append((time.monotonic() + life, number, pub))
publish(*live[-1][1:], [3, 4])
for each in live:
    end(*each)
sys.stdin.read()
"""

VALUES = [*range(6)]


def gather(follower: Follow, total: int) -> dict[int, list[int]]:
    """Return the numbers of the values that came, by topic."""
    found: dict[int, list[int]] = defaultdict(list)
    received = 0
    until = time.monotonic() + 60 + total / 30
    while received < 6 * total and time.monotonic() < until:
        try:
            _, sample = follower.recv(5.0)
        except WaitTimeoutError:
            break
        number, k = divmod(int(float(sample.value)), 10)
        found[number].append(k)
        received += 1
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("n", "lives", "life"),
    # The first one may run beside others, for which this process may have to wait.
    first_of({"200": (200, 40, 1.0), "10,000": (10_000, 12, 0.2), "few": (600, 4, 0.2)}),
)
def test_every_value_of_topics_that_come_and_go(
    n: int, lives: int, life: float, start_python: Start
) -> None:
    with follow("topic/*") as follower:
        for i in range(2):
            start_python(CHURN, i * n, n // 2, lives, life)
        found = gather(follower, n)
        lost = follower.lost
    numbers = [i * n + k for i in range(2) for k in range(n // 2)]
    wrong = {number: found.get(number) for number in numbers if found.get(number) != VALUES}
    assert wrong == {}
    assert (len(found), lost) == (n, 0)
