"""chunks.c, pins.c and payload.c under real processes, threads and kills, plain and sanitized."""

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.counts import VIEWS
from support.soak import first_of

from ._compile import HERE, stress

CLANG = pytest.param("clang", marks=pytest.mark.soak)
COMPILERS = [None, CLANG] if shutil.which("clang") else [None]

CASE = re.compile(r"(?m)^    CASE\((\w+)\),$")

build = partial(stress, "pins_stress", product="*.c")

# Sanitizer, where readers are, views, kills of readers. TSan sees accesses to one address only.
CASES = {
    "processes": ("plain", "mapped", VIEWS, VIEWS // 1000),
    "processes, ASan": ("address", "mapped", VIEWS // 10, VIEWS // 2000),
    "threads, TSan": ("thread", "shared", VIEWS // 10, 0),
    "threads": ("plain", "shared", VIEWS, 0),
    "threads, ASan": ("address", "shared", VIEWS // 10, 0),
    "processes, TSan": ("thread", "mapped", VIEWS // 10, VIEWS // 2000),
}
SHORT = ["processes", "processes, ASan", "threads, TSan"]


@pytest.mark.timeout(60 + VIEWS // 100)
@pytest.mark.parametrize("other", COMPILERS)
@pytest.mark.parametrize(
    ("sanitizer", "place", "views", "kills"),
    [
        pytest.param(*case, id=name, marks=[] if name in SHORT else pytest.mark.soak)
        for name, case in CASES.items()
    ],
)
def test_what_is_pinned_stays(
    other: str | None,
    sanitizer: str,
    place: str,
    views: int,
    kills: int,
    shm_dir: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    run = build(sanitizer, tmp_path, command=[other] if other else None)
    done = run(shm_dir, place, views, kills)
    assert (done.returncode, done.stderr) == (0, "")
    record_property("figures", done.stdout.splitlines()[-1])


# What breaks the harness, or its product, is found.
BROKEN = {
    "pins that end early": ("CLEAR_EARLY", "plain", "mapped", " is torn "),
    "pins that end early, TSan": ("CLEAR_EARLY", "thread", "shared", "data race"),
}


@pytest.mark.parametrize(("macro", "sanitizer", "place", "found"), first_of(BROKEN))
def test_a_broken_harness_is_found(
    macro: str, sanitizer: str, place: str, found: str, shm_dir: Path, tmp_path: Path
) -> None:
    done = build(sanitizer, tmp_path, macro)(shm_dir, place, 10**9, 0)
    (shm_dir / "pins").unlink(missing_ok=True)  # TSan ends the program
    assert done.returncode != 0
    assert found in done.stderr


@pytest.mark.parametrize("program", ["pins_cases", "pins_locks"])
@pytest.mark.parametrize("sanitizer", ["plain", "address"])
def test_what_happens_seldom(sanitizer: str, program: str, shm_dir: Path, tmp_path: Path) -> None:
    run = stress(program, sanitizer, tmp_path, product="*.c")
    names = CASE.findall((HERE / f"{program}.c").read_text())
    assert len(names) > 5
    for name in names:
        done = run(shm_dir, name)
        (shm_dir / "pins").unlink(missing_ok=True)
        assert (name, done.returncode, done.stderr) == (name, 0, "")
