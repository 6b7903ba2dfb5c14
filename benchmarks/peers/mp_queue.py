"""multiprocessing.Queue."""

import multiprocessing

REQUIREMENTS: list[str] = []


def prepare():
    return {name: multiprocessing.Queue() for name in ("there", "back")}


def sender(topic, shared):
    return shared[topic].put


def receiver(topic, shared):
    return shared[topic].get
