"""Programs that measure in turn, A B C ... A B C ...: noise affects all alike.

All start first and live until the end, but only one runs: the others are stopped, because their
threads would disturb it. A program that fails, hangs or dies is a row with the reason, and costs
bounded time.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.isolation import BENCHMARKS, surroundings
from harness.workers import Failed, Worker

Command = Sequence[str | Path]
STARTING = 3
"""How many start at a time: they mostly wait for discovery."""

START, ANSWER = 20.0, 4.0
"""Seconds until one is ready, and from the end of its turn until it answers. While one hangs the
others are stopped, and some libraries take a process stopped for 10 s for dead."""


def program(name: str, *arguments: str | Path) -> Command:
    """Return the command that runs programs/NAME.py."""
    return [sys.executable, BENCHMARKS / "programs" / f"{name}.py", *arguments]


@dataclass
class Turns:
    figures: list[str] = field(default_factory=list)
    """The name of each number of an answer, if the program printed them."""
    answers: list[list[float]] = field(default_factory=list)
    """One per round."""
    trouble: str = ""

    def by_figure(self) -> dict[str, list[float]]:
        """Return the figures of all rounds by their names; none if there was trouble."""
        columns = [] if self.trouble else [*map(list, zip(*self.answers, strict=True))]
        return dict(zip(self.figures, columns, strict=bool(columns)))


def in_turn(
    commands: Mapping[str, Command],
    rounds: int,
    milliseconds: int,
    start: float = START,
    answer: float = ANSWER,
) -> dict[str, Turns]:
    """Let each measure for so long in each round, after a round to warm up.

    Each program reads milliseconds, one number a line, and answers with a line of numbers.
    """
    turns = {name: Turns() for name in commands}
    with ExitStack() as stack:
        environments = {name: stack.enter_context(surroundings()) for name in commands}
        _measure(turns, commands, environments, rounds, milliseconds, start, answer)
    return turns


def _measure(
    turns: Mapping[str, Turns],
    commands: Mapping[str, Command],
    environments: Mapping[str, Mapping[str, str]],
    rounds: int,
    milliseconds: int,
    start: float,
    patience: float,
) -> None:
    workers: dict[str, Worker] = {}
    try:
        with ThreadPoolExecutor(STARTING) as pool:
            started = [
                pool.submit(_start, name, turns[name], command, start, environments[name])
                for name, command in commands.items()
            ]
            for name, future in zip(commands, started, strict=True):
                if (worker := future.result()) is not None:
                    workers[name] = worker
        for worker in workers.values():
            worker.pause()
        for number in range(rounds + 1):
            for name in list(workers):
                answer = _turn(turns[name], workers[name], milliseconds, patience)
                if answer is None:
                    _say(name, turns[name])
                    workers.pop(name).kill()
                    if not turns[name].answers:
                        continue
                    # It worked before: some libraries lose connections when stopped for long.
                    worker = _start(name, turns[name], commands[name], start, environments[name])
                    if worker is None:
                        continue
                    workers[name] = worker
                    answer = _turn(turns[name], worker, milliseconds, patience)
                if answer is None:
                    _say(name, turns[name])
                    workers.pop(name).kill()
                elif number:
                    turns[name].answers.append(answer)
    finally:
        with ThreadPoolExecutor(STARTING) as pool:
            list(pool.map(Worker.end, workers.values()))


def _start(
    name: str, turns: Turns, command: Command, seconds: float, environment: Mapping[str, str]
) -> Worker | None:
    for _ in range(2):  # a second time: discovery may fail once
        try:
            worker = Worker(command, seconds, environment)
        except Failed as error:
            turns.trouble = str(error)
            if error.hangs:
                break
        else:
            turns.figures, turns.trouble = worker.figures, ""
            return worker
    _say(name, turns)
    return None


def _say(name: str, turns: Turns) -> None:
    """Print at once: a run is long."""
    print(f"  {name}: {turns.trouble}", file=sys.stderr, flush=True)


def _turn(turns: Turns, worker: Worker, milliseconds: int, patience: float) -> list[float] | None:
    worker.resume()
    try:
        # A moment first, for expired timers and cold caches.
        worker.measure(max(1, milliseconds // 10), patience)
        return worker.measure(milliseconds, patience + milliseconds / 1000)
    except Failed as error:
        turns.trouble = str(error)
        return None
    finally:
        worker.pause()
