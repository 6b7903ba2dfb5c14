"""Work that makes Go collect garbage; a child that used its parent's runtime would hang there."""

import gc

import shm_pub_sub


def make_go_collect(times: int = 300, prefix: str = "load") -> None:
    """Topics, lists of them and inspections: megabytes of garbage on Go's side."""
    publishers = [shm_pub_sub.Publisher(f"{prefix}/{n}", 0.5, 5) for n in range(30)]
    for n in range(times):
        assert len(shm_pub_sub.topics()) >= 30
        assert shm_pub_sub.inspect(f"{prefix}/3").type is float
        with shm_pub_sub.Publisher(f"{prefix}/changing", n) as publisher:
            publisher.publish(n)
            assert shm_pub_sub.Subscriber(f"{prefix}/changing", -1).subscribe() == (n, True)
    for publisher in publishers:
        publisher.close()
    gc.collect()
