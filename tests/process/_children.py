"""What multiprocessing's children do; spawn and forkserver import it by name."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import shm_pub_sub

kept: list[Any] = []


def publish_and_return(topic: str) -> None:
    kept.append(shm_pub_sub.Publisher(topic, 0))
    kept[-1].publish(1)
    reader = shm_pub_sub.Subscriber(topic, 0)
    kept.append(reader)
    assert reader.subscribe() == (1, True)


def publish_and_exit(topic: str) -> None:
    publish_and_return(topic)
    sys.exit(0)


def publish_and_raise(topic: str) -> None:
    sys.stderr = None  # multiprocessing would print the traceback
    publish_and_return(topic)
    raise LookupError(topic)


def publish_and_have_a_child(topic: str) -> None:
    publish_and_return(topic)
    child = multiprocessing.Process(target=publish_and_return, args=(f"{topic}/child",))
    child.start()
    child.join(20)
    assert child.exitcode == 0


def run_process(method: str, function: Any, used_before: bool) -> int | None:
    """In a Peer: a child that runs function. Returns its exit code."""
    if used_before:
        kept.append(shm_pub_sub.Publisher("parents", 0))
        kept[-1].publish(2)
    context: Any = multiprocessing.get_context(method)
    child = context.Process(target=function, args=("topic",))
    child.start()
    child.join(20)
    if child.exitcode is None:
        child.kill()
    if used_before:
        kept[-1].publish(3)
        assert shm_pub_sub.Subscriber("parents", 0).subscribe() == (3, True)
    code: int | None = child.exitcode
    return code


def read(topic: str) -> tuple[int, bool]:
    return shm_pub_sub.Subscriber(topic, -1).subscribe()


def republish(number: int) -> tuple[int, bool]:
    """Reads what the parent publishes, and republishes it."""
    value, ok = read("parents")
    assert ok
    publisher = shm_pub_sub.Publisher(f"workers/{number}", 0)
    publisher.publish(value + number)
    kept.append(publisher)
    return read(f"workers/{number}")


def run_pool(method: str) -> list[tuple[int, bool]]:
    kept.append(shm_pub_sub.Publisher("parents", 0))
    kept[-1].publish(100)
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map(republish, range(10), chunksize=1)
        pool.close()
        pool.join()
    return found


def run_executor(method: str) -> list[tuple[int, bool]]:
    kept.append(shm_pub_sub.Publisher("parents", 0))
    kept[-1].publish(100)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        return list(pool.map(republish, range(10)))
