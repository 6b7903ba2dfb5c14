"""Recordings as the mcap package's own readers find them, decoded by mcap_ros2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mcap")
pytest.importorskip("mcap_ros2")
from cli.conftest import Cli
from mcap.reader import NonSeekingReader, SeekingReader
from mcap.stream_reader import StreamReader
from mcap_ros2.decoder import DecoderFactory

from ._recorded import COUNT, TOPICS, record


def agree(found: Any, expected: Any) -> bool:
    """Report whether a decoded message has these values, to the bit."""
    if isinstance(expected, dict):
        return all(agree(getattr(found, name), value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(agree, found, expected))
    if isinstance(expected, np.ndarray):
        if isinstance(found, (bytes, bytearray, memoryview)):
            return bytes(found) == expected.tobytes()
        return np.array(found, expected.dtype).tobytes() == expected.tobytes()
    if isinstance(expected, float):
        return np.float64(found).tobytes() == np.float64(expected).tobytes()
    return bool(found == expected)


def check(messages: Iterator[Any]) -> None:
    """Check that the messages are those of TOPICS, each with its values in order."""
    decoders, times = DecoderFactory(), dict.fromkeys(TOPICS, 0)
    seen: dict[str, int] = dict.fromkeys(TOPICS, 0)
    for schema, channel, message in messages:
        assert (channel.message_encoding, schema.encoding) == ("cdr", "ros2msg")
        decoded = decoders.decoder_for("cdr", schema)(message.data)
        values, expected, _ = TOPICS[channel.topic]
        number = seen[channel.topic]
        seen[channel.topic] = message.sequence
        assert message.sequence == number + 1
        assert agree(decoded, expected(values[number])), (channel.topic, number)
        assert times[channel.topic] <= message.publish_time <= message.log_time
        times[channel.topic] = message.publish_time
        if hasattr(decoded, "header"):
            stamp = decoded.header.stamp
            assert stamp.sec * 10**9 + stamp.nanosec == message.publish_time
            frame = TOPICS[channel.topic].about.get("attributes", {}).get("frame_id", "")
            assert decoded.header.frame_id == frame
    assert seen == {name: len(topic.values) for name, topic in TOPICS.items()}


@pytest.mark.parametrize(
    "options",
    [
        (),
        pytest.param(("--compression", "zstd"), marks=pytest.mark.soak),
        pytest.param(("--compression", "lz4"), marks=pytest.mark.soak),
        pytest.param(("--compression", "none"), marks=pytest.mark.soak),
    ],
    ids=" ".join,
)
def test_every_message_is_read(options: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    record(cli, path, *options)
    with path.open("rb") as file:
        reader = SeekingReader(file, validate_crcs=True)
        check(reader.iter_messages())
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == COUNT
        assert summary.statistics.channel_count == len(TOPICS)
        names = [record.name for record in reader.iter_metadata()]
        assert {"shm_pub_sub.clock", "shm_pub_sub.lost"} <= {*names}
    with path.open("rb") as file:
        check(NonSeekingReader(file, validate_crcs=True).iter_messages())
    with path.open("rb") as file:  # every record, with the checksums of all of them
        kinds = [type(each).__name__ for each in StreamReader(file, validate_crcs=True).records]
    assert {"Header", "DataEnd", "Statistics", "SummaryOffset", "Footer"} <= {*kinds}
