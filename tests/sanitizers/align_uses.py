"""Uses of align(), whose references refcounts.py counts."""

import gc
import weakref

from refcount_helpers import functions_of, raises
from shm_pub_sub import ClosedError, Publisher, Subscriber, WaitTimeoutError, _hot, align

publishers = [Publisher("aligned/left", b"", max_size=600), Publisher("aligned/right", 0)]
subscribers = [Subscriber("aligned/left", b"", copy=False), Subscriber("aligned/right", 0)]
ENDS = [*publishers, *subscribers]
tuples = align(subscribers, tolerance=60)
dicts = align(subscribers, tolerance=60, names=["left", "right"])


class Mine(Subscriber):
    """A subclass with a __dict__, which the collector follows."""


def publish():
    publishers[0].publish(bytes(600))
    publishers[1].publish(2**40)


def sets():
    for aligned in (tuples, dicts):
        publish()
        assert len(aligned.recv()) == len(aligned.dropped) == 2
        publish()
        assert len(next(aligned)) == 2
        publish()
        assert len(aligned._poll()) == 2
        raises(WaitTimeoutError, aligned.recv, 0.0001)


def alignments_that_wait_by_descriptors():
    aligned = align(subscribers, tolerance=0)
    publishers[1].publish(2**40)
    for _ in range(2):
        assert aligned._poll() is None
        assert aligned._hold()[0] == aligned.fileno()
    del aligned


def alignments_in_cycles():
    own = Mine("aligned/right", 0)
    own.aligned = align([own, subscribers[0]], tolerance=60)
    publish()
    own.last = own.aligned.recv()
    own.aligned.fileno()
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None


def alignments_that_end():
    own = Subscriber("aligned/right", 0)
    aligned = align([own, subscribers[0]], tolerance=60)
    aligned.fileno()
    own.close()
    assert aligned.closed
    raises(ClosedError, aligned.recv)
    raises(ClosedError, aligned._poll)
    assert list(aligned) == []


def alignments_of_what_is_no_subscriber():
    raises(TypeError, _hot.Alignment)
    raises(TypeError, _hot.Alignment, (), 0, None)
    raises(TypeError, _hot.Alignment, (1,), 0, None)
    raises(TypeError, _hot.Alignment, tuple(subscribers), 0, ("one",))
    raises(TypeError, _hot.Alignment, tuple(subscribers), "0", None)


USES = [use for use in functions_of(globals()) if use is not publish]
