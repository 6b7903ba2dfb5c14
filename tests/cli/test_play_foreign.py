"""shm-pub-sub play of files that programs of ROS 2 have written: topics of the same types."""

import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy
import pytest
import shm_pub_sub
from rosbags.typesys import Stores, get_typestore

mcap_writer = pytest.importorskip("mcap.writer")
from shm_pub_sub._recording.mcap_file import McapFile  # noqa: E402
from shm_pub_sub._recording.reader import Recording  # noqa: E402
from support.programs import DEADLINE  # noqa: E402

from .conftest import Cli, RunCli  # noqa: E402

START = 1_700_000_000_000_000_000
STORE = get_typestore(Stores.ROS2_HUMBLE)
T = STORE.types
IMAGE = "sensor_msgs/msg/Image"
STATE = "sensor_msgs/msg/JointState"
TEXT = "std_msgs/msg/String"


def header() -> Any:
    return T["std_msgs/msg/Header"](T["builtin_interfaces/msg/Time"](5, 6), "camera")


def image(pixels: "numpy.ndarray[Any, Any]") -> Any:
    height, width, channels = pixels.shape
    return T[IMAGE](header(), height, width, "rgb8", 0, width * channels, pixels.reshape(-1))


def state(*names: str) -> Any:
    numbers = numpy.arange(len(names), dtype=float)
    return T[STATE](header(), [*names], numbers, numbers, numbers)


def write(path: Path, topics: dict[str, tuple[str, list[Any]]], chunk_size: int = 1 << 20) -> None:
    """Write messages of rosbags, or bytes, 1 ms apart."""
    with path.open("wb") as file:
        writer = mcap_writer.Writer(file, chunk_size=chunk_size)
        writer.start(profile="ros2")
        for topic, (name, messages) in topics.items():
            text = STORE.generate_msgdef(name, ros_version=2)[0].encode()
            schema = writer.register_schema(name, "ros2msg", text)
            channel = writer.register_channel(topic, "cdr", schema)
            for n, message in enumerate(messages):
                data = message if isinstance(message, bytes) else STORE.serialize_cdr(message, name)
                writer.add_message(channel, START + n * 10**6, bytes(data), START)
        writer.finish()


def test_images_states_and_text(cli: Cli, path: Path) -> None:
    random = numpy.random.default_rng(1)
    pixels = [random.integers(0, 256, (48, 64, 3), "u1") for _ in range(3)]
    topics = {
        "camera": (IMAGE, [*map(image, pixels)]),
        "joints": (STATE, [state("a"), state("a", "b", "c"), state()]),
        "said": (TEXT, [T[TEXT]("gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n"), T[TEXT]("")]),
    }
    write(path, topics)
    with (
        shm_pub_sub.Subscriber("camera", history=9) as camera,
        shm_pub_sub.Subscriber("joints", history=9) as joints,
        shm_pub_sub.Subscriber("said", history=9) as said,
    ):
        player = cli.start("play", path)
        for expected in pixels:
            assert numpy.array_equal(camera.recv(DEADLINE), expected)
        assert camera.metadata["attributes"]["encoding"] == "rgb8"
        lengths = [len(joints.recv(DEADLINE).position) for _ in range(3)]
        assert lengths == [1, 3, 0]
        assert [said.recv(DEADLINE) for _ in range(2)] == ["gr\xfcn", ""]
        _, err = player.communicate(timeout=DEADLINE)
    assert "published 8 values of 3 topics" in err


def test_what_fits_into_no_type_is_left_out(run_cli: RunCli, path: Path) -> None:
    small, large = (image(numpy.zeros((n, 4, 3), "u1")) for n in (2, 3))
    damaged = bytes(STORE.serialize_cdr(state("a"), STATE))[:-9]
    topics = {
        "camera": (IMAGE, [small, large]),
        "joints": (STATE, [state("a"), damaged]),
        "said": (TEXT, [T[TEXT]("x")]),
    }
    write(path, topics)
    played = run_cli("play", path)
    assert played.returncode == 0, played.stderr
    lines = [line for line in played.stderr.splitlines() if "is skipped" in line]
    assert [line.split()[1] for line in lines] == ["camera", "joints"]
    assert "published 1 value of 1 topic" in played.stderr
    assert run_cli("play", path, "camera", "said").returncode == 1


def test_only_chunks_with_such_messages_are_read_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera's images of fixed size would be read twice: a topic of numbers does not need it."""
    numbers = [struct.pack("<4sd", b"\0\1\0\0", n) for n in range(3000)]
    write(path, {"a": ("std_msgs/msg/Float64", numbers), "s": (TEXT, [T[TEXT]("x")])}, 4096)
    read = []
    messages = McapFile.messages

    def counted(self: McapFile, chunk: Any, numbers: Any = None) -> Any:
        read.append(chunk)
        return messages(self, chunk, numbers)

    monkeypatch.setattr(McapFile, "messages", counted)
    with closing(Recording(path)) as recording:
        assert len(recording.files[0].file.chunks) > 20
        assert len({*read}) == 1
        tracks = {track.topic: track.type_name for track in recording.tracks.values()}
        assert tracks == {"a": "float", "s": "str <= 1"}
