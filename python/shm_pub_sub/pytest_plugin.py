"""A pytest plugin that is registered automatically: topics for one test alone.

Loading it starts no Go runtime, and tests that do not use its fixtures are unaffected.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import shm_pub_sub

from ._arguments import DIR_VARIABLE

MEMORY = "/dev/shm"
PREFIX = f"shm_pub_sub-test-{os.getpid()}-"
"""Of the directories' names; a run that is killed leaves its directory."""

_passed = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "shm_leaves_files(reason): shm_domain may have files left at the test's end"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.when == "call":
        item.stash[_passed] = call.excinfo is None


@pytest.fixture
def shm_domain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in shared memory for this test alone; the value is its path.

    SHM_PUB_SUB_DIR names it, for child processes too. If topics are left in it after a test that
    passed, that is an error, unless the test is marked shm_leaves_files. It is removed afterwards.
    """
    folder = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    monkeypatch.setenv(DIR_VARIABLE, str(directory))
    try:
        yield directory
        # The traceback of a failed test keeps its publishers open: report only the failure.
        passed = request.node.stash.get(_passed, False)
        allowed = request.node.get_closest_marker("shm_leaves_files") is not None
        left = _left(directory) if passed and not allowed else []
    finally:
        shutil.rmtree(directory)
    if left:
        pytest.fail(
            f"shm_domain: found {len(left)} left in shared memory at the test's end; expected "
            "nothing; use `with` or close(), and remove() for what is retained; or mark the test "
            "shm_leaves_files\n  " + "\n  ".join(left),
            pytrace=False,
        )


@pytest.fixture
def shm_topic(request: pytest.FixtureRequest, shm_domain: Path) -> str:
    """A unique topic name with the test's name in it, in shm_domain."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.name)[:80].strip("_")
    return f"{readable}/{os.urandom(4).hex()}"


def _left(directory: Path) -> list[str]:
    if not any(directory.iterdir()):
        return []
    gc.collect()  # a publisher in a reference cycle closes now
    names = sorted(path.name for path in directory.iterdir())
    if not names:
        return []
    topics = {Path(topic.path).name: topic for topic in shm_pub_sub.topics(directory=directory)}
    return [_describe(topics[name]) if name in topics else f"{name}: no topic" for name in names]


def _describe(topic: shm_pub_sub.TopicInfo) -> str:
    whose = "this process" if topic.pid == os.getpid() else f"process {topic.pid}"
    state = "is alive" if topic.alive else "has ended"
    kept = ", retained" if topic.retain else ""
    return f"{topic.name}: {topic.type_name}{kept}; its publisher, in {whose}, {state}"
