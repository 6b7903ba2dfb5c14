"""Threads that call functions again and again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(*functions: Callable[[], object]) -> Iterator[None]:
    """Calls each function again and again, in a thread of its own. Raises what one raised."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def repeat(function: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
