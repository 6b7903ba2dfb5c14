"""faster-fifo: a queue that both processes inherit."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

REQUIREMENTS = ["faster-fifo"]


def prepare():
    import faster_fifo

    return {name: faster_fifo.Queue(1_000_000) for name in ("there", "back")}


def sender(topic, shared):
    return shared[topic].put


def receiver(topic, shared):
    get = shared[topic].get
    return lambda: get(timeout=60)
