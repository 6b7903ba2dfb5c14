"""Machines that differ: their clocks by an hour, or one's shared memory is full."""

import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub import Publisher, Subscriber
from support import remote
from support.lab import Lab
from support.namespaces import MOUNT, TIME, clock_ahead, launcher
from support.peer import NewPeer, Peer
from support.waiting import until

from . import _bridges

HOUR = 3600
LATE = 10.0
"""Seconds by which a value may be late on a busy machine."""
LARGE = 400_000
OTHERS = 300_000
"""Bytes, and those of a bridge's own topics at most."""
SHORT = 0.2
"""Seconds after which a value is too old."""


def look(topic: str) -> tuple[Any, bool, bool, float]:
    """In a peer: the value, whether it is there, whether it is new, and its age in s."""
    with Subscriber(topic, 0) as sub, Subscriber(topic, 0, max_age=SHORT) as new:
        value, ok = sub.subscribe()
        sample = sub.sample()
        age = -1.0 if sample is None else (time.monotonic_ns() - sample.time_ns) / 1e9
        return value, ok, new.subscribe()[1], age


def test_clocks_that_differ_by_an_hour(tmp_path: Path) -> None:
    """Ages are those since publication, either way."""
    launcher(*TIME)  # skips
    lab = Lab(2)
    try:
        peers = []
        for number, words in enumerate(((), ("unshare", *clock_ahead(HOUR)))):
            (folder := tmp_path / str(number)).mkdir()
            peers.append(lab.peer(number, *words, SHM_PUB_SUB_DIR=str(folder)))
        nows = [peer.call(time.monotonic) for peer in peers]
        assert HOUR - 60 < nows[1] - nows[0] < HOUR + 60
        endpoint = f"tcp/{lab.address(0)}:7447"
        both = {"insecure": True, "send": "*", "receive": "*"}
        peers[0].call(_bridges.open_bridge, {"name": "0", "listen": endpoint, **both})
        peers[1].call(_bridges.open_bridge, {"name": "1", "connect": endpoint, **both})
        for source, other, topic in (*peers, "to 1"), (*peers[::-1], "to 0"):
            _check_ages(source, other, topic)
        for peer in peers:
            peer.call(_bridges.end)
    finally:
        lab.end()


def _check_ages(source: Peer, other: Peer, topic: str) -> None:
    source.call(remote.make_publisher, topic, 0)
    for value in 1, 2:
        source.call(remote.publish, topic, value)
        until(lambda v=value: other.call(look, topic)[0] == v)  # type: ignore[misc]
        assert 0 <= other.call(look, topic)[3] < LATE
    until(lambda: not other.call(look, topic)[2], "its age counts")
    assert other.call(look, topic)[:2] == (2, True)
    source.call(remote.close_publisher, topic)


def test_shared_memory_that_is_full(
    new_peer: NewPeer, shm_dir: Path, tmp_path: Path, endpoint: str
) -> None:
    """What does not fit is refused, and comes when there is room. The others go on."""
    (folder := tmp_path / "full").mkdir()
    with (
        Publisher("small", 0) as small,
        Publisher("large/0", b"", max_size=LARGE) as one,
        Publisher("large/1", b"", max_size=LARGE) as two,
    ):
        large = [one, two]
        size = 512 * (shm_dir / "shm_pub_sub.large%2F0").stat().st_blocks
        mount = f'mount -t tmpfs -o size={size * 3 // 2 + OTHERS} none {folder} && exec "$@"'
        peer = new_peer(*launcher(*MOUNT), "sh", "-c", mount, "sh", SHM_PUB_SUB_DIR=str(folder))
        peer.call(_bridges.open_bridge, {"name": "full", "listen": endpoint, "receive": "*"})
        inside = Path(f"/proc/{peer.pid}/root/{folder}")
        with (
            _bridges.Bridge(name="source", connect=endpoint, send="*"),
            Subscriber("small", 0, directory=inside) as received,
        ):
            for value in range(1, 4):
                for publisher in large:
                    publisher.publish(bytes([value]) * LARGE)
                small.publish(value)
                until(lambda v=value: received.subscribe() == (v, True))  # type: ignore[misc]
            until(lambda: peer.call(_bridges.counts)["refused"] >= 1)
            fits = [(inside / f"shm_pub_sub.large%2F{n}").exists() for n in range(2)]
            assert sorted(fits) == [False, True], [*inside.iterdir()]
            large[fits.index(True)].close()
            with Subscriber(f"large/{fits.index(False)}", b"", directory=inside) as late:
                until(lambda: late.subscribe() == (bytes([3]) * LARGE, True))
        peer.call(_bridges.end)
