"""multiprocessing's children work, and leave nothing behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.peer import Peer

from . import _children

each_method = pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])


@each_method
@pytest.mark.parametrize("used_before", [False, True], ids=["fresh parent", "parent publishes"])
@pytest.mark.parametrize(
    ("function", "status"),
    [
        (_children.publish_and_return, 0),
        (_children.publish_and_exit, 0),
        (_children.publish_and_raise, 1),
        (_children.publish_and_have_a_child, 0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_child_leaves_nothing(
    peer: Peer,
    shm_dir: Path,
    method: str,
    used_before: bool,
    function: Callable[[str], None],
    status: int,
) -> None:
    assert peer.call(_children.run_process, method, function, used_before) == status
    left = {path.name for path in shm_dir.iterdir()}
    assert left == ({"shm_pub_sub.parents"} if used_before else set())
    peer.finish()
    assert list(shm_dir.iterdir()) == []


@each_method
@pytest.mark.parametrize("run", [_children.run_pool, _children.run_executor])
def test_pools_read_and_publish(
    peer: Peer, shm_dir: Path, method: str, run: Callable[..., Any]
) -> None:
    assert peer.call(run, method) == [(100 + number, True) for number in range(10)]
    peer.finish()
    assert list(shm_dir.iterdir()) == []
