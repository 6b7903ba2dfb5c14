"""The adapter of one shared value, made of what a program writes in line.

A function around each statement that calls further functions would be most of what is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Names = dict[str, Any]
Place = Callable[[str, Any], Names]
"""(topic, shared) -> the names that the statements use"""

SOURCE = """
def publish(value):
    {store}

def read():
    return {load}

last = read()

def poll():
    global last
    value = {load}
    if value == last:
        return None
    last = value
    return value
"""


def functions(place: Place, store: str, load: str) -> tuple[Callable[[str, Any], Any], ...]:
    """Return publisher, reader and poller; store is a statement with `value`, load an expression.

    A poller compares with the value before: all that a program can do.
    """
    source = compile(SOURCE.format(store=store, load=load), "adapter", "exec")

    def made(name: str) -> Callable[[str, Any], Any]:
        def make(topic: str, shared: Any) -> Any:
            scope = place(topic, shared)
            exec(source, scope)
            return scope[name]

        return make

    return made("publish"), made("read"), made("poll")


def statements(place: Place, store: str, load: str) -> Callable[[str, Any], dict[str, Any]]:
    def make(topic: str, shared: Any) -> dict[str, Any]:
        names = place(topic, shared)
        return {"publish": (store, names), "read": (f"value = {load}", names)}

    return make
