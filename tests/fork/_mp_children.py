"""What Peers do with multiprocessing and objects that its children inherit."""

import multiprocessing
import time
from typing import Any

import shm_pub_sub

kept: dict[str, Any] = {}


def _answer(connection: Any) -> None:
    while connection.recv():
        connection.send(kept["reader"].subscribe())


def read_with_inherited() -> list[tuple[int, bool]]:
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        kept["reader"] = shm_pub_sub.Subscriber("topic", -1)
        ours, theirs = multiprocessing.Pipe()
        child = multiprocessing.get_context("fork").Process(target=_answer, args=(theirs,))
        child.start()
        found = []
        for value in range(20):
            publisher.publish(value)
            ours.send(True)
            assert ours.poll(20)
            found.append(ours.recv())
        ours.send(False)
        child.join(20)
        assert child.exitcode == 0
        # The child's end was not the topic's.
        publisher.publish(21)
        assert kept["reader"].subscribe() == (21, True)
    return found


def _read(_number: int) -> tuple[int, bool]:
    found: tuple[int, bool] = kept["reader"].subscribe()
    return found


def map_with_inherited() -> list[tuple[int, bool]]:
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(7)
        kept["reader"] = shm_pub_sub.Subscriber("topic", -1)
        with multiprocessing.get_context("fork").Pool(3) as pool:
            return pool.map(_read, range(20))


def _publish_forever() -> None:
    with shm_pub_sub.Publisher("daemons", 0) as publisher:
        while True:
            publisher.publish(1)


def terminate_daemon() -> None:
    child = multiprocessing.get_context("fork").Process(target=_publish_forever, daemon=True)
    child.start()
    reader = shm_pub_sub.Subscriber("daemons", -1)
    end = time.monotonic() + 20
    while not reader.subscribe()[1]:
        assert time.monotonic() < end
    child.terminate()
    child.join(20)
    assert child.exitcode is not None
    assert not reader.publisher_alive
