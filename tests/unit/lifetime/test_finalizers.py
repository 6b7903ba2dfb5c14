"""What a finalizer does in the middle of a read."""

from support.programs import Check

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

# The collector takes the attributes from all in a cycle before it closes the first of them, for
# which it lets other threads run.
HALF_COLLECTED = """
import gc, shm_pub_sub, sys, threading

def replace():
    try:
        while not done:
            with shm_pub_sub.Publisher("other", 0, replace=True) as publisher:
                publisher.publish(1)
    except BaseException as error:
        errors.append(error)

sys.setswitchinterval(1e-4)
done, errors = False, []
gc.disable()
thread = threading.Thread(target=replace)
thread.start()
try:
    for _ in range(15):
        cycle = [shm_pub_sub.Publisher(f"topic/{n}", 0) for n in range(100)]
        cycle.append(cycle)
        del cycle
        gc.collect()
finally:
    done = True
    thread.join()
assert errors == [], errors
"""


def test_value_from_before_a_finalizer_moved_it_on_is_not_kept(check_python: Check) -> None:
    check_python(REATTACH)


def test_publisher_that_is_half_collected_disturbs_no_other(check_python: Check) -> None:
    check_python(HALF_COLLECTED)
