"""Publishers and readers of arrays and records in a storm of kills, stops and take-overs."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.counts import dice
from support.peer import Peer

from . import _array_storm
from ._log import SUFFIX, lines
from ._payloads import SIZES, default, differing, made, sizes, topic_name, words_of

SECONDS = float(os.environ.get("SHM_PUB_SUB_STORM_SECONDS") or 12) / 3

LEAST = {"kills": 3, "owns": 2, "values": 30, "kept": 5, "copied": 0.3}
"""What a second does at the least: a storm that did nothing proves nothing."""


@pytest.mark.timeout(300 + 2 * SECONDS)
@pytest.mark.shm_leaves_files  # of publishers that were killed
def test_no_array_is_torn_or_changes_while_it_is_kept(
    peer: Peer, shm_dir: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    shm_dir.chmod(0o1777)  # some readers are another user's
    seed = dice().getrandbits(32)
    done = peer.call(_array_storm.storm, tmp_path, seed, SECONDS, timeout=SECONDS + 100)
    counted = Counter(done)
    faults: list[Any] = []
    for path in tmp_path.glob(f"*{SUFFIX}"):
        for what, _, *details in lines(path):
            counted[what] += 1
            if what == "read":
                values, kept, copied = details
                counted.update(values=values, kept=kept, copied=copied)
            if what == "fault":
                faults.append([path.name, *details])
    print(dict(counted))
    for name, figure in counted.items():
        record_property(name, figure)
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(map(repr, faults[:20]))
    assert peer.output == ""
    few = {name: counted[name] for name, n in LEAST.items() if counted[name] < int(n * SECONDS)}
    assert not few, f"the storm did too little: {few}"
    for topic in range(len(SIZES)):
        _take_over(topic)
    assert not [path for path in shm_dir.iterdir() if path.name.startswith("shm_pub_sub.arrays")]


def _take_over(topic: int) -> None:
    name = topic_name(topic)
    with (
        shm_pub_sub.Publisher(name, default(topic), 2, views=2, **sizes(topic)) as publisher,
        shm_pub_sub.Subscriber(name, default(topic), copy=False) as subscriber,
    ):
        for _ in range(10):
            publisher.publish(made(topic, SIZES[topic], 1))
        views = [subscriber.subscribe()[0] for _ in range(2)]
        assert subscriber.copied == 0
        assert not any(differing(view) or words_of(view)[0] != 1 for view in views)
