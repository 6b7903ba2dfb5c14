"""Topics of random types go from one bridge to another, and all bits of their values arrive."""

import itertools
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._topics import inspect_typed
from shm_pub_sub.network import Bridge
from support import types
from support.waiting import until

from .conftest import EXAMPLES

NUMBERS = st.one_of(
    st.tuples(st.just("bool"), st.lists(st.booleans(), min_size=1, max_size=3)),
    st.tuples(st.just("int"), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3)),
    st.tuples(st.just("float"), st.lists(st.floats(), min_size=1, max_size=3)),
)
OTHERS = types.topics.flatmap(
    lambda form: st.tuples(st.just(form), st.lists(types.values(form), min_size=1, max_size=3))
)
SEEN = itertools.count()


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The topics of a robot and of a laptop, with bridges between them."""
    robot, laptop = tmp_path / "robot", tmp_path / "laptop"
    endpoint = f"unixsock-stream/{tmp_path}/zenoh"
    robot.mkdir()
    laptop.mkdir()
    with (
        Bridge(name="robot", listen=endpoint, send="*", every="every/*", directory=robot),
        Bridge(name="laptop", connect=endpoint, receive="*", directory=laptop) as receiver,
    ):
        # Of topics that are there before only the newest value comes.
        until(lambda: receiver.rtt is not None)
        yield robot, laptop


def bits(form: Any, raw: Any) -> Any:
    if not isinstance(form, str):
        return types.bits(form, bytes(raw))
    return struct.pack("<d", raw) if isinstance(raw, float) else raw


@settings(max_examples=EXAMPLES // 4)
@given(st.lists(NUMBERS | OTHERS, min_size=1, max_size=8), st.booleans())
def test_values_of_any_type_arrive(folders: Any, found: list[Any], every: bool) -> None:
    robot, laptop = folders
    number = next(SEEN)
    with ExitStack() as opened:
        topics = []
        for n, (form, raws) in enumerate(found):
            name = f"{'every' if every else 'newest'}/{number}/{n}"
            descriptor = form if isinstance(form, str) else types.descriptor(form)
            metadata = {"unit": str(n)}
            pub = raw_publisher(name, descriptor, 5, metadata=metadata, directory=robot)
            sub = raw_subscriber(name, descriptor, directory=laptop)
            opened.enter_context(pub)
            topics.append((opened.enter_context(sub), form, raws))
            for raw in raws:
                pub._publish_raw(raw)
        for sub, form, raws in topics:
            expected = [bits(form, raw) for raw in raws]
            arrived = [bits(form, sub.recv(timeout=30))]
            while len(arrived) < len(raws) if every else arrived[-1] != expected[-1]:
                arrived.append(bits(form, sub.recv(timeout=30)))
            if every:
                assert arrived == expected
            else:
                assert all(each in expected for each in arrived)
            (here, own), (there, same) = (
                inspect_typed(sub.name, directory=folder) for folder in (laptop, robot)
            )
            assert (own, here.metadata, here.bridged) == (same, there.metadata, True)
