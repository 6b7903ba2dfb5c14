"""How large recordings become: what docs/command-line/recording.md says of it."""

import random
import re
from pathlib import Path

import pytest
import shm_pub_sub
from support.paths import DOCS

pytest.importorskip("mcap")
from shm_pub_sub._messages import MESSAGE_ENCODING, SCHEMA_ENCODING, message_of
from shm_pub_sub._messages.channels import channel_metadata
from shm_pub_sub._recording.mcap_writer import McapWriter
from shm_pub_sub._recording.recorder import FLUSH

PAGE = DOCS / "command-line" / "recording.md"
START = 1_700_000_000_000_000_000
SEED = 13
INFO = shm_pub_sub.TopicInfo(
    *("robot/joint/1", float, 100, 0, 0.0, 0.0, True, False, 4711, 0.0, 4096, "", 0, True),
    *("float", 0, 0, False, {}),
)


def bytes_a_value(path: Path, hertz: int, topics: int, kind: type) -> float:
    """Record so many values a second of each topic, as the recorder does."""
    made = random.Random(SEED)
    writer = McapWriter(path, "zstd", replace=True)
    message = message_of(kind.__name__, {})
    schema = writer.add_schema(message.schema_name, SCHEMA_ENCODING, message.schema)
    about = channel_metadata(INFO._replace(type=kind, type_name=kind.__name__), kind.__name__)
    channels = [
        writer.add_channel(f"robot/joint/{number}", MESSAGE_ENCODING, schema, about)
        for number in range(topics)
    ]
    count, flush_at = max(2000 // topics, 20 * hertz), 0.0
    for number in range(count):
        seconds = number / hertz
        if seconds >= flush_at:
            writer.flush()
            flush_at = seconds + FLUSH / 2
        for channel in channels:
            time_ns = START + round(seconds * 1e9) + made.randrange(100_000)
            value = {bool: made.random() < 0.5, int: number, float: made.gauss(0, 1)}[kind]
            writer.add_message(channel, number, time_ns, time_ns, message.encode(value, time_ns))
    writer.finish()
    return path.stat().st_size / (count * topics)


def documented(kind: str) -> tuple[int, int]:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())  # its line breaks say nothing
    match = re.search(rf"(\d+) to (\d+) bytes {kind}", text)
    assert match, kind
    return int(match[1]), int(match[2])


@pytest.mark.parametrize("kind", [bool, int, float])
@pytest.mark.parametrize(
    ("of", "hertz", "topics"),
    [("on disk", 100, 1), ("on disk", 1000, 1), ("on disk", 100, 20), ("at 10 Hz", 10, 1),
     ("at 10 Hz", 10, 20)],
)  # fmt: skip
def test_size_of_a_value_is_documented(
    tmp_path: Path, of: str, hertz: int, topics: int, kind: type
) -> None:
    least, most = documented(of)
    measured = bytes_a_value(tmp_path / "size.mcap", hertz, topics, kind)
    print(f"{hertz} Hz, {topics} topics of {kind.__name__}: {measured:.1f} bytes a value")
    assert least <= measured <= most
