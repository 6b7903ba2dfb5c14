"""multiprocessing.Pipe."""

import multiprocessing

REQUIREMENTS: list[str] = []


def prepare():
    return {name: multiprocessing.Pipe(duplex=False) for name in ("there", "back")}


def sender(topic, shared):
    return shared[topic][1].send


def receiver(topic, shared):
    return shared[topic][0].recv
