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


def test_value_from_before_a_finalizer_moved_the_subscriber_on_is_not_kept(run_python: Run) -> None:
    ended = run_python(REATTACH)
    assert (ended.returncode, ended.stderr) == (0, "")
