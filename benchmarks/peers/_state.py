"""The adapter of one shared value, made of statements that a program would write in line.

A function call around each statement would be most of what is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Names = dict[str, Any]

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


def adapter(
    place: Callable[[str, Any], Names], store: str, load: str
) -> tuple[Callable[[str, Any], Any], ...]:
    """Return publisher, reader, poller and statements.

    place(topic, shared) returns the names that store, a statement with `value`, and load, an
    expression, use. The poller compares with the previous value: a program can do no more.
    """
    source = compile(SOURCE.format(store=store, load=load), "adapter", "exec")

    def made(name: str) -> Callable[[str, Any], Any]:
        def make(topic: str, shared: Any) -> Any:
            scope = place(topic, shared)
            exec(source, scope)
            return scope[name]

        return make

    def statements(topic: str, shared: Any) -> dict[str, tuple[str, Names]]:
        names = place(topic, shared)
        return {"publish": (store, names), "read": (f"value = {load}", names)}

    return made("publish"), made("read"), made("poll"), statements
