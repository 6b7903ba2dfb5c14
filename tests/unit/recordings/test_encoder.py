"""Encoder: channels and schemas of a file, and values that are damaged."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
import shm_pub_sub
from shm_pub_sub._topics import inspect_typed

mcap_reader = pytest.importorskip("mcap.reader")
from shm_pub_sub._recording import encoder as encoder_module  # noqa: E402
from shm_pub_sub._recording.encoder import Encoder, Times  # noqa: E402
from shm_pub_sub._recording.mcap_writer import McapWriter  # noqa: E402
from shm_pub_sub._recording.taken import Source  # noqa: E402


class Arm(NamedTuple):
    joints: Annotated[list[float], shm_pub_sub.MaxSize(3)]


class Elsewhere:
    class Arm(NamedTuple):
        angle: float


ONE = (1).to_bytes(8, "little") + b"\0\0\0\0\0\0\xf8\x3f" + bytes(16)
GARBAGE = b"\xff" * 32


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[McapWriter]:
    writer = McapWriter(tmp_path / "run.mcap", "none")
    yield writer
    writer.close()


def source_of(name: str, number: int = 1) -> Source:
    info, descriptor = inspect_typed(name)
    return Source(name, descriptor, info, number, Counter())


def read(writer: McapWriter) -> tuple[Any, list[Any]]:
    writer.finish()
    with writer.path.open("rb") as file:
        reader = mcap_reader.make_reader(file)
        return reader.get_summary(), [message for *_, message in reader.iter_messages()]


def test_values_that_are_damaged_are_counted_and_the_others_are_written(writer: McapWriter) -> None:
    with shm_pub_sub.Publisher("arm", Arm([0.0])):
        source = source_of("arm")
    encoder = Encoder(writer)
    encoder.add([(source, n, n, GARBAGE if n == 2 else ONE) for n in (1, 2, 3)], Times(0, 0, 0))
    assert source.garbage == {"arm": 1}
    assert encoder.values == {"arm": 2}
    _, messages = read(writer)
    assert [message.sequence for message in messages] == [1, 3]


def test_types_of_the_same_name_have_schemas_of_different_names(writer: McapWriter) -> None:
    with (
        shm_pub_sub.Publisher("a", Arm([0.0])),
        shm_pub_sub.Publisher("b", Elsewhere.Arm(0.0)),
        shm_pub_sub.Publisher("c", Elsewhere.Arm(0.0)),
    ):
        sources = [source_of(name, number) for number, name in enumerate("abc", 1)]
    encoder, values = Encoder(writer), [ONE, bytes(8), bytes(8)]
    batch = [(source, 1, 1, value) for source, value in zip(sources, values, strict=True)]
    encoder.add(batch, Times(0, 0, 0))
    summary, _ = read(writer)
    names = {c.topic: summary.schemas[c.schema_id].name for c in summary.channels.values()}
    assert names["a"] == "shm_pub_sub/msg/Arm"
    assert names["b"] == names["c"] != names["a"]
    assert len(summary.schemas) == 2
    assert [c.metadata["source"] for c in summary.channels.values()] == ["1", "2", "3"]


def test_times_are_those_of_publication_but_not_before_the_start(writer: McapWriter) -> None:
    with shm_pub_sub.Publisher("speed", 0.0):
        source = source_of("speed")
    Encoder(writer).add([(source, n, n * 10, float(n)) for n in range(5)], Times(25, 1000, 2000))
    _, messages = read(writer)
    assert [message.publish_time for message in messages] == [1000, 1010, 1020, 1030, 1040]
    assert [message.log_time for message in messages] == [2025, 2025, 2025, 2030, 2040]


def test_publishers_beyond_the_channels_of_a_file_share_the_last_one(
    writer: McapWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "MOST_CHANNELS", 2)
    with shm_pub_sub.Publisher("speed", 0.0):
        sources = [source_of("speed", number) for number in range(1, 5)]
    encoder = Encoder(writer)
    for source in sources:
        encoder.add([(source, 1, 1, 1.5)], Times(0, 0, 0))
    _, messages = read(writer)
    assert [message.channel_id for message in messages] == [1, 2, 2, 2]
