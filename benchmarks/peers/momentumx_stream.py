"""momentumx: a stream, send_string() and receive_string(). Its consumer polls every 10 ms."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import os

REQUIREMENTS = ["momentumx"]

_kept = []


def _name(topic):
    return f"bench{os.environ['BENCHMARK_RUN']}{topic}"


def sender(topic, shared):
    import momentumx

    _kept.append(momentumx.Producer(_name(topic), 64, 10, False))
    send_string = _kept[-1].send_string
    return lambda value: send_string(repr(value))


def receiver(topic, shared):
    import momentumx

    _kept.append(momentumx.Consumer(_name(topic)))
    receive_string = _kept[-1].receive_string

    def receive():
        while not (text := receive_string()):
            pass
        return float(text)

    return receive
