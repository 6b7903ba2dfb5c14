"""What each library does where it matters and no benchmark looks: no times, but one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from behaviour.cells import FORK_COLUMNS, KILL_COLUMNS, START_COLUMNS
from harness.isolation import ask, has_namespaces, surroundings
from harness.rows import OURS, Row
from harness.workers import Failed
from report.tables import mark, table, troubles

TITLE = "Behaviour: late joiners, kill -9, fork, types, full memory"

SCENES = ("late", "first", "empty", "quiet", "left", "two", "fork", "other", "full")
PATIENCE = 2.0
"""Seconds a reader has for what should take none; half of it is enough for a first look."""
AT_ONCE = 6
"""Scenes; most of their time is waiting."""


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """Every scene in processes of its own, where it can with a /dev/shm of its own."""
    private = has_namespaces()
    found: dict[str, Any] = {
        row.name: {"title": row.title, "trouble": row.trouble, "scenes": {}} for row in rows
    }

    def play(task: tuple[Row, str, tuple[float, ...]]) -> tuple[str, str, dict[str, Any]]:
        row, scene, when = task
        patience = PATIENCE / 2 if quick and row.name != OURS else PATIENCE
        return row.name, scene, _scene(row.name, scene, when, patience)

    tasks = list(_tasks([row for row in rows if not row.trouble], quick, random.Random(6)))
    if not private:
        tasks = [task for task in tasks if task[1] != "full"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, scene, seen in pool.map(play, tasks):
            found[name]["scenes"].setdefault(scene, []).append(seen)
    return {"rows": found, "private": private}


def _tasks(
    rows: Sequence[Row], quick: bool, chance: random.Random
) -> Iterator[tuple[Row, str, tuple[float, ...]]]:
    """Yield a row, a scene and, of one, when to kill. Some outcomes differ from time to time."""
    for scene, row in itertools.product(SCENES, rows):
        yield row, scene, ()
    kills, of_ours = (1, 4) if quick else (8, 24)
    for turn in range(of_ours):
        for row in rows:
            if turn < kills or row.name == OURS:
                yield row, "kill", (chance.uniform(0.001, 0.05),)


def _scene(name: str, scene: str, when: Iterable[float], patience: float) -> dict[str, Any]:
    with surroundings() as environment:
        try:
            seen: dict[str, Any] = ask(
                "behaviour/scenes.py",
                *(name, scene, patience, *when),
                environment=environment,
                timeout=25,
                memory="256k" if scene == "full" else "50%",
            )
        except Failed as error:
            return {"trouble": f"fails: {error}"}
    return seen


def markdown(found: dict[str, Any]) -> str:
    rows = {name: row for name, row in found["rows"].items() if row["scenes"]}
    text = []
    for title, columns in (
        ("At the start", START_COLUMNS),
        ("After `kill -9` of a publisher in the middle of publishing", KILL_COLUMNS),
        ("After `fork()` in a process with a publisher and a reader", FORK_COLUMNS),
    ):
        lines = [
            [mark(name, row["title"]), *(cell(row["scenes"]) for cell in columns.values())]
            for name, row in rows.items()
        ]
        text += [f"{title}:", "", table(["", *columns], lines), ""]
    if not found["private"]:
        text += [
            "Full memory was not tried: it needs user and mount namespaces (`unshare -rm`).",
            "",
        ]
    return "\n".join([*text, troubles(found["rows"])])
