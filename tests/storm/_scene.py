"""Stories made up for the checker's tests. Times are in ms."""

from typing import Any

from ._recorder import Run
from ._story import Story, tell
from ._values import LIMIT

MS = 1_000_000

Logs = dict[str, list[list[Any]]]


def read(
    outcome: str, generation: int, start: int, end: int, *, kind: str = "int", k: int = 5
) -> list[Any]:
    """A run whose first read begins at start, and whose last one ends at end."""
    first, last = (start * MS, start * MS + MS), (end * MS - MS, end * MS)
    return ["read", end, *Run(0, 0, kind, outcome, generation, k, 9, 9, *first, *last, MS)]


def life(g: int, start: int, kind: str = "int", retain: bool = False) -> list[list[Any]]:
    """The log of a publisher that begins to try at start, owns 10 ms later, publishes 10 later."""
    return [
        ["try", start, g, 0, kind, retain, "c"],
        ["owns", start + 10, g],
        ["first", start + 20, g],
    ]


def close(g: int, start: int) -> list[list[Any]]:
    return [["closing", start, g], ["closed", start + 10, g]]


def kill(actor: str, start: int) -> list[list[Any]]:
    return [["kill", start, actor], ["dead", start + 10, actor]]


def story(logs: Logs) -> Story:
    """Each generation published up to number 5."""
    told = Story(announced=bytes([5]) * LIMIT, done=bytes([5]) * LIMIT)
    for actor, log in logs.items():
        tell(told, actor, ([what, at * MS, *details] for what, at, *details in log))
    return told


def scene() -> Logs:
    """Two int publishers, the first of which is killed, then one of floats that is retained."""
    return {
        "controller": kill("p1", 500) + kill("p3", 2500),
        "p1": life(1, 100),
        "p2": life(2, 700) + close(2, 1000),
        "p3": life(3, 2000, "float", retain=True),
        "ints": [
            read("none", 0, 0, 115),
            read("ok", 1, 121, 600),
            read("none", 0, 605, 715),
            read("ok", 2, 721, 1005),
            read("none", 0, 1011, 2005),
            read("type", 0, 2010, 3000),
        ],
        "floats": [
            read("type", 0, 130, 500, kind="float"),
            read("none", 0, 515, 690, kind="float"),
            read("ok", 3, 2025, 3000, kind="float"),
        ],
        "late": [["try", 150, 9, 0, "int", False, "go"], ["refused", 160, 9]],
        "remover": [["removing", 3100, 0], ["removed", 3110, 0]],
    }
