"""The stages of pytest: which tests run where, and what came of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from build_machine import BUILD, ROOT
from stages import run, skip

RESULTS = BUILD / "results"
FAILURE_LENGTH = 4000
"""Characters of a failed test's end that are repeated where everything ends."""

NOT_SOAK = ["-m", "not soak"]
# A file with few tests may take longest, so that it must not be left for the end, as xdist would.
SIDE_BY_SIDE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]

# They measure times or trace other processes: one at a time, when the others have ended. Bridges
# come last: Zenoh's threads and descriptors stay in the process.
ONE_BY_ONE = [
    "tests/benchmarks",
    "tests/crash",
    "tests/machine",
    "tests/waiting",
    "tests/fuzz/test_bridged_types.py",
    "tests/network",
]

# What has the longest files begins first.
FIRST = ["sanitizers", "docs", "typing", "fork", "install", "storm", "fuzz"]

# What depends on the Python: the C extension, arguments, threads, fork, asyncio, the exit. The two
# ignored files check every moment of our own Python code, for a minute.
EACH_PYTHON = [
    "tests/exit",
    "tests/fork",
    "tests/fuzz/test_arguments.py",
    "tests/unit/api",
    "tests/unit/lifetime",
    "tests/unit/receiving",
    "tests/unit/values",
    "tests/waiting/test_arecv.py",
    "--ignore=tests/fork/test_storm.py",
    "--ignore=tests/unit/lifetime/test_check_and_act.py",
    "--ignore=tests/unit/lifetime/test_check_and_act_publishers.py",
]

# The tests that LONG makes longer.
SOAKED = [
    "tests/crash",
    "tests/differential",
    "tests/exit",
    "tests/fork/test_storm.py",
    "tests/fuzz",
    "tests/network/test_kills.py",
    "tests/sanitizers/test_pins.py",
    "tests/sanitizers/test_ring.py",
    "tests/sanitizers/test_watch.py",
    "tests/storm",
    "tests/unit/arrays/test_lapped.py",
    "tests/unit/arrays/test_views.py",
    "tests/unit/receiving/test_align_model.py",
    "tests/unit/lifetime/test_thread_chaos.py",
    "tests/unit/network/test_hostile_receiver.py",
    "tests/waiting",
]

# What `build.py soak` sets, unless it is set already.
LONG = {
    "SHM_PUB_SUB_KILLS": "10000",
    "SHM_PUB_SUB_BRIDGE_KILLS": "200",
    "SHM_PUB_SUB_STORM_SECONDS": "600",
    "SHM_PUB_SUB_CHILDREN": "2000",
    "SHM_PUB_SUB_EXITS": "120",
    "SHM_PUB_SUB_CHAOS": "20",
    "SHM_PUB_SUB_EXAMPLES": "1000",
    "SHM_PUB_SUB_WAITS": "900000",
    "SHM_PUB_SUB_VALUES": "30000000",
    "SHM_PUB_SUB_VIEWS": "1000000",
    "SHM_PUB_SUB_LAPPED_SECONDS": "10",
    "SHM_PUB_SUB_INTERRUPTS": "500",
    "SHM_PUB_SUB_SCRIPTS": "10000",
    "SHM_PUB_SUB_RECORDS": "1000",
    "SHM_PUB_SUB_ALIGNMENTS": "100000",
    "SHM_PUB_SUB_STRESS": "5",
}


def side_by_side() -> list[str]:
    """Return the folders of tests that need not run one by one, in their order."""
    found = {path.parent.relative_to(ROOT) for path in ROOT.glob("tests/*/**/test_*.py")}
    folders = sorted({path.parts[1] for path in found})
    folders.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [path for path in (f"tests/{name}" for name in folders) if path not in ONE_BY_ONE]


def run_pytest(
    environment: Path,
    name: str,
    *tests: str,
    counts: dict[str, str] | None = None,
    before: Sequence[str] = (),
) -> None:
    """Run an environment's pytest, by the command `before` if there is one."""
    results = RESULTS / f"{name}.xml"
    results.unlink(missing_ok=True)
    variables = (counts or {}) | dict(os.environ)
    if built := list((BUILD / "wheels" / environment.name).glob("*.whl")):
        variables.setdefault("SHM_PUB_SUB_WHEEL", str(*built))
    # The program, not `python -m pytest`: that one puts the source tree on sys.path.
    pytest = environment / "bin" / "pytest"
    try:
        run(*before, pytest, "-q", f"--junit-xml={results}", *tests, env=variables)
    except SystemExit as error:
        raise SystemExit(f"{error}\n{failures(results)}") from None
    finally:
        for reason, count in skips(results).items():
            skip(reason, count)


def cases(results: Path, *kinds: str) -> list[tuple[ElementTree.Element, ElementTree.Element]]:
    """Return the tests with one of these outcomes, each with what pytest says of it."""
    if not results.exists():
        return []
    found = ElementTree.parse(results).iter("testcase")
    return [(case, outcome) for case in found for outcome in case if outcome.tag in kinds]


def failures(results: Path) -> str:
    """Return the tests that failed, and how: to be read without everything else."""
    if not results.exists():
        return "pytest wrote no results"
    return "\n\n".join(
        f"{case.get('classname')}.{case.get('name')}\n{(outcome.text or '')[-FAILURE_LENGTH:]}"
        for case, outcome in cases(results, "failure", "error")
    )


def skips(results: Path) -> Counter[str]:
    return Counter(outcome.get("message", "") for _, outcome in cases(results, "skipped"))
