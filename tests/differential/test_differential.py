"""One random script for a C subscriber, a Go subscriber and a model: they return the same."""

import heapq
import itertools
import logging
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from support.counts import dice

from ._kinds import KINDS
from ._scripts import Step, random_script, shortened
from ._sides import NoAnswer
from ._stage import Run, Stage
from ._three import Difference

SCRIPTS = int(os.environ.get("SHM_PUB_SUB_SCRIPTS") or 1500)
"""Half of them with ints, the others with all kinds in turn."""
AT_A_TIME = 40
"""Scripts under way: most of them wait until a killed publisher is noticed."""


@pytest.fixture(scope="module")
def actor(build_go: Callable[[str], Path]) -> Path:
    return build_go("./tests/differential/actor") / "actor"


def first_difference(
    stage: Stage, scripts: Iterator[list[Step]]
) -> tuple[list[Step], Exception] | None:
    """Run scripts, several at a time, and return one whose answers differ, with how."""
    order = itertools.count()
    waiting: list[tuple[float, int, list[Step], Generator[float, None, None]]] = []
    while True:
        while len(waiting) < AT_A_TIME and (script := next(scripts, None)) is not None:
            heapq.heappush(waiting, (0.0, next(order), script, Run(stage, script).steps()))
        if not waiting:
            return None
        until, _, script, steps = heapq.heappop(waiting)
        time.sleep(max(0, until - time.monotonic()))
        try:
            until = next(steps)
        except StopIteration:
            continue
        except (Difference, NoAnswer) as error:
            for *_, others in waiting:
                others.close()
            return script, error
        heapq.heappush(waiting, (until, next(order), script, steps))


@pytest.mark.timeout(180 + SCRIPTS // 10)
def test_c_go_and_the_model_return_the_same(actor: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "shm_pub_sub")  # it warns of each topic of another type
    rng = dice()
    kinds = [kind for kind in KINDS if kind not in ("int", "float")]
    kind_of = [kind for each in kinds for kind in ("int", each)]
    scripts = (random_script(rng, kind_of[n % len(kind_of)]) for n in range(SCRIPTS))
    with Stage(actor) as stage:
        found = first_difference(stage, scripts)
    if found is not None:
        script = shortened(found[0], lambda part: alone(actor, part) is not None, seconds=60)
        steps = "\n".join(map(repr, script))
        pytest.fail(f"{alone(actor, script) or found[1]}\nin the script\n{steps}")


def alone(actor: Path, script: list[Step]) -> Exception | None:
    """Run one script, and return how the answers differ."""
    with Stage(actor, patience=3) as stage:
        found = first_difference(stage, iter([script]))
    return None if found is None else found[1]
