"""shm_pub_sub: publish() and recv()."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

REQUIREMENTS: list[str] = []


def sender(topic, shared):
    import shm_pub_sub

    return shm_pub_sub.Publisher(topic, 0.0).publish


def receiver(topic, shared):
    import shm_pub_sub

    return shm_pub_sub.Subscriber(topic, 0.0).recv
