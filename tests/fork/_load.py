"""Work that makes Go collect garbage: in a forked child with its parent's runtime it would hang."""

import gc

import shm_pub_sub


def make_go_collect(times: int = 300) -> None:
    """Topics, lists of them and inspections: megabytes of garbage on Go's side."""
    publishers = [shm_pub_sub.Publisher(f"load/{n}", 0.5, 5) for n in range(30)]
    for n in range(times):
        assert len(shm_pub_sub.topics()) >= 30
        assert shm_pub_sub.inspect("load/3").type is float
        with shm_pub_sub.Publisher("load/changing", n) as publisher:
            publisher.publish(n)
            assert shm_pub_sub.Subscriber("load/changing", -1).subscribe() == (n, True)
    for publisher in publishers:
        publisher.close()
    gc.collect()
