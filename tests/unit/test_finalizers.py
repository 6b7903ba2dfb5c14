"""What a finalizer does in the middle of a read."""

import subprocess
from collections.abc import Callable

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# Making the pair for a new value may collect garbage, up to 3.11 at once.
REATTACH = """
import gc, shm_pub_sub

class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        global publisher
        if armed:
            publisher.close()
            publisher = shm_pub_sub.Publisher("topic", 0)
            publisher.publish(1000)
            subscriber.subscribe()  # of the new publisher, whose head is 1 as well

armed = False
gc.disable()
gc.set_threshold(1, 0, 0)
for n in range(50):
    publisher = shm_pub_sub.Publisher("topic", 0)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    publisher.publish(5)
    Cycle()
    armed = True
    keep = [(i, n) for i in range(6000)]  # empties the free list of pairs
    gc.enable()
    subscriber.subscribe()
    gc.disable()
    armed = False
    newest = shm_pub_sub.Subscriber("topic", -1).subscribe()
    assert subscriber.subscribe() == newest, (n, subscriber.subscribe(), newest)
    gc.collect()
    publisher.close()
"""

# What dies with a cycle may run code while the publisher in it has lost its attributes already, and
# is open still: clearing the list drops its last item first.
HALF_COLLECTED = """
import gc, shm_pub_sub

class Witness:
    __slots__ = ()
    def __del__(self):
        with shm_pub_sub.Publisher("other", 0, replace=True) as publisher:
            publisher.publish(1)
            found.append(shm_pub_sub.Subscriber("other", -1).subscribe())
        try:
            shm_pub_sub.Publisher("topic", 0)
        except shm_pub_sub.ExistsError:
            found.append("open")

found = []
gc.disable()
cycle = [shm_pub_sub.Publisher("topic", 0), Witness()]
cycle.insert(0, cycle)
del cycle
gc.collect()
assert found == [(1, True), "open"], found
shm_pub_sub.Publisher("topic", 0).close()
"""


def test_value_from_before_a_finalizer_moved_the_subscriber_on_is_not_kept(run_python: Run) -> None:
    ended = run_python(REATTACH)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_publisher_that_is_half_collected_disturbs_no_other(run_python: Run) -> None:
    ended = run_python(HALF_COLLECTED)
    assert (ended.returncode, ended.stderr) == (0, "")
