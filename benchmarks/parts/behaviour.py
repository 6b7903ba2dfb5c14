"""What each library does in the cases that benchmarks leave out: no times, except one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from behaviour.cells import COLUMNS, Seen
from harness.isolation import ask, has_namespaces, surroundings
from harness.rows import OURS, Row
from harness.workers import Failed
from report.tables import mark, table, troubles

TITLE = "Behaviour: late joiners, kill -9, fork, types, full memory"

SCENES = ("late", "first", "empty", "quiet", "left", "two", "fork", "other", "full")
PATIENCE = 2.0
"""Seconds in which a reader has to see a value; half of it is enough for a first look."""
AT_ONCE = 6
"""Scenes; they mostly wait."""


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """Play every scene in processes of its own, if possible with a /dev/shm of its own."""
    private = has_namespaces()
    scenes: dict[str, dict[str, list[Seen]]] = {row.name: {} for row in rows if not row.trouble}

    def play(task: tuple[str, str, tuple[float, ...]]) -> tuple[str, str, Seen]:
        name, scene, when = task
        patience = PATIENCE / 2 if quick and name != OURS else PATIENCE
        return name, scene, _scene(name, scene, when, patience)

    tasks = [t for t in _tasks([*scenes], quick, random.Random(6)) if private or t[1] != "full"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, scene, seen in pool.map(play, tasks):
            scenes[name].setdefault(scene, []).append(seen)
    found = {row.name: {"title": row.title, "trouble": row.trouble, "tables": {}} for row in rows}
    for name, seen_scenes in scenes.items():
        found[name]["tables"] = cells(seen_scenes)
    return {"rows": found, "private": private}


def cells(scenes: dict[str, list[Seen]]) -> dict[str, dict[str, str]]:
    return {
        title: {column: cell(scenes) for column, cell in columns.items()}
        for title, columns in COLUMNS.items()
    }


def _tasks(
    names: Sequence[str], quick: bool, chance: random.Random
) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    """Yield a row, a scene and, of "kill", when: its outcomes differ from time to time."""
    yield from ((name, scene, ()) for scene, name in itertools.product(SCENES, names))
    kills, of_ours = (1, 4) if quick else (8, 24)
    for turn in range(of_ours):
        for name in names:
            if turn < kills or name == OURS:
                yield name, "kill", (chance.uniform(0.001, 0.05),)


def _scene(name: str, scene: str, when: Iterable[float], patience: float) -> Seen:
    with surroundings() as environment:
        try:
            seen: Seen = ask(
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
    rows = {name: row for name, row in found["rows"].items() if row["tables"]}
    text = []
    for title, columns in COLUMNS.items():
        lines = [
            [mark(name, row["title"]), *(row["tables"][title][column] for column in columns)]
            for name, row in rows.items()
        ]
        text += [f"{title}:", "", table(["", *columns], lines), ""]
    if not found["private"]:
        text += ["Full memory was not tried: it needs user and mount namespaces (`unshare -rm`)."]
    return "\n".join([*text, "", troubles(found["rows"])])
