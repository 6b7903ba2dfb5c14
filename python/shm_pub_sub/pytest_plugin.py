"""A pytest plugin, loaded by itself where shm_pub_sub is installed: topics of a test's own.

Loading it starts no Go runtime, and it does nothing for tests that do not ask for its fixtures.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import shm_pub_sub

from ._arguments import DIR_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = "/dev/shm"
PREFIX = f"shm_pub_sub-test-{os.getpid()}-"
"""Of the directories' names; a run that was killed leaves its own behind."""

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
    """A directory of shared memory for this test alone, whose path it is.

    SHM_PUB_SUB_DIR names it, for child processes as well. Topics that are left there when the test
    has passed are an error, unless it is marked shm_leaves_files. It is gone afterwards.
    """
    folder = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    monkeypatch.setenv(DIR_VARIABLE, str(directory))
    try:
        yield directory
        # A failed test's traceback keeps its publishers open: that failure is what counts.
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
    """A topic's name that nobody else has, with the test's own in it, within shm_domain."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.name)[:80].strip("_")
    return f"{readable}/{os.urandom(4).hex()}"


def _left(directory: Path) -> list[str]:
    """Describe what is in the directory."""
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
    state = "lives" if topic.alive else "has ended"
    kept = ", retained" if topic.retain else ""
    return f"{topic.name}: {topic.type.__name__}{kept}; its publisher, in {whose}, {state}"
