"""shm-pub-sub record of images: bit-equal in the file, on disks that are slow, full or small."""

import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from support.programs import DEADLINE, Program, Start
from support.waiting import repeating, until

from ._reading import followed, record
from ._recorder import played
from .conftest import Cli, RunCli

mcap_reader = pytest.importorskip("mcap.reader")
ros2 = pytest.importorskip("mcap_ros2.decoder")

IMAGE = np.zeros((240, 320, 3), np.uint8)
REMAPPED = ("--speed", 100, "--remap", "camera:=replay")  # as the camera is still there


def image(number: int) -> Any:
    return np.random.default_rng(number).integers(0, 256, IMAGE.shape, np.uint8)


def sequences(path: Path) -> list[int]:
    """Of the messages of a file that may be incomplete, read from its start."""
    found = []
    with path.open("rb") as file:
        messages = mcap_reader.NonSeekingReader(file).iter_messages(log_time_order=False)
        while True:
            try:
                *_, message = next(messages)
            except StopIteration:
                return found
            except Exception as error:  # the package has several for the end that is missing
                print(repr(error))
                return found
            found.append(message.sequence)


@pytest.fixture
def camera() -> Iterator[shm_pub_sub.Publisher[Any]]:
    with shm_pub_sub.Publisher("camera", IMAGE, 8, attributes={"frame_id": "front"}) as camera:
        yield camera


@pytest.mark.parametrize("compression", [None, pytest.param("zstd", marks=pytest.mark.soak)])
def test_images_are_bit_equal_in_the_file(cli: Cli, path: Path, compression: str | None) -> None:
    options = ("--compression", compression) if compression else ()
    with shm_pub_sub.Publisher("camera", IMAGE, 20, attributes={"frame_id": "front"}) as camera:
        recorder = record(cli, "-o", path, *options, "-n", 20)
        for number in range(1, 21):
            camera.publish(image(number))
        recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0
    with path.open("rb") as file:
        reader = mcap_reader.make_reader(
            file, validate_crcs=True, decoder_factories=[ros2.DecoderFactory()]
        )
        found = [*reader.iter_decoded_messages()]
        chunks = reader.get_summary().chunk_indexes
    assert len(found) == 20
    for number, (schema, channel, message, picture) in enumerate(found, 1):
        assert (schema.name, channel.topic) == ("sensor_msgs/msg/Image", "camera")
        assert (picture.encoding, picture.height, picture.width) == ("rgb8", 240, 320)
        assert picture.header.frame_id == "front"
        stamp = picture.header.stamp.sec * 10**9 + picture.header.stamp.nanosec
        assert stamp == message.publish_time
        assert bytes(picture.data) == image(number).tobytes()
    assert {chunk.compression for chunk in chunks} == {compression or ""}


BLOCKED = """
import os, pathlib, sys, time
from shm_pub_sub._recording import mcap_output, receiver
from shm_pub_sub._cli import main
go, writev, take = pathlib.Path(sys.argv[1]), os.writev, receiver.Receiver._take

def blocked(fd, parts):
    while sum(map(len, parts)) > 100_000 and not go.exists():
        time.sleep(0.001)
    return writev(fd, parts)

def taking(self, ready):
    take(self, ready)
    if any(taken.is_held_back for taken in self._taken.values()):
        print("full", flush=True)

os.writev, receiver.Receiver._take = blocked, taking
sys.exit(main(sys.argv[2:]))
"""
"""A recorder whose disk takes no image until there is a file; it says when its memory is full."""


@pytest.mark.parametrize("form", ["text", pytest.param("json", marks=pytest.mark.soak)])
def test_on_a_slow_disk_the_loss_is_counted_and_the_last_line_says_so(
    start_python: Start, path: Path, tmp_path: Path, camera: Any, form: str
) -> None:
    go = tmp_path / "go"
    arguments = ("record", "-o", path, "--memory", "1MB", "--format", form)
    recorder = start_python(BLOCKED, go, *arguments, stderr=subprocess.PIPE)
    until(lambda: followed(recorder, 1), "it follows the topic")
    with shm_pub_sub.Publisher("speed", 0.0, 100) as speed:
        until(lambda: followed(recorder, 2), "the other topic too")
        for number in range(1, 9):
            camera.publish(image(number))
        recorder.wait_for("full")
        before = own_memory(recorder)
        for number in range(9, 101):
            camera.publish(image(number))
            speed.publish(number)
        assert own_memory(recorder) < before + 1e6
        go.touch()
        recorder.send_signal(signal.SIGINT)
        out, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0, err
    with path.open("rb") as file:
        messages = [*mcap_reader.make_reader(file, validate_crcs=True).iter_messages()]
    kept = [m.sequence for _, channel, m in messages if channel.topic == "camera"]
    assert kept[-8:] == [*range(93, 101)], "what the ring still had"
    assert kept[:-8] == [*range(1, len(kept) - 7)], "what fitted into the memory"
    assert len([m for _, channel, m in messages if channel.topic == "speed"]) == 92
    lost = 100 - len(kept)
    if form == "json":
        summary = json.loads(out.splitlines()[-1])
        assert summary["topics"]["camera"] == {"values": len(kept), "lost": lost}
        assert summary["topics"]["speed"] == {"values": 92, "lost": 0}
        assert summary["lost_to_memory"] == lost
    else:
        assert f"camera: lost {lost} of 100\n" in err
        assert err.splitlines()[-1].endswith(
            f"{lost} values of those because the file was written too slowly; a faster disk, fewer "
            "topics (--exclude) or more --memory helps"
        )


def own_memory(program: Program) -> int:
    """Return the bytes of a process that are no files: topics are files that it maps."""
    status = Path(f"/proc/{program.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


def test_all_images_before_a_kill_are_played(
    cli: Cli, run_cli: RunCli, path: Path, camera: Any
) -> None:
    numbers = itertools.count(1)
    recorder = record(cli, "-o", path)
    with repeating(lambda: camera.publish(image(next(numbers) % 10))):
        until(lambda: path.stat().st_size > 11 * IMAGE.nbytes, "ten whole images")
        recorder.kill()
        recorder.wait()
    found = sequences(path)
    assert len(found) >= 10
    assert found == sorted(found)
    for size in (path.stat().st_size, 5 * IMAGE.nbytes):  # the second one ends in an image
        os.truncate(path, size)
        assert len(played(path)) == len(sequences(path))
    assert len(sequences(path)) == 4
    ended = run_cli("play", path, "--format", "json", *REMAPPED)
    assert "is incomplete" in ended.stderr
    assert json.loads(ended.stdout)["values"] == 4


LIMITED = """
import resource, sys
from shm_pub_sub._cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a tmpfs")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(recorder: Program, camera: Any) -> str:
    """Publish until the recorder ends, by itself; return what it says."""
    until(lambda: followed(recorder, 1), "it follows the topic")
    numbers = itertools.count(1)
    with repeating(lambda: camera.publish(image(next(numbers) % 10))):
        _, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 1
    return str(err)


def check_complete(path: Path, limit: int) -> None:
    """Check that the file has a summary, and as many images as fit."""
    with path.open("rb") as file:
        reader = mcap_reader.make_reader(file, validate_crcs=True)
        numbers = [message.sequence for *_, message in reader.iter_messages()]
        statistics = reader.get_summary().statistics
    assert statistics.message_count == len(numbers) == limit // IMAGE.nbytes
    assert numbers == sorted(numbers)
    assert len(played(path)) == len(numbers)


def test_full_disk_leaves_a_complete_file(cli: Cli, small_disk: Path, camera: Any) -> None:
    path = small_disk / "run.mcap"
    err = fill(cli.start("record", "-o", path), camera)
    assert f"{path}: No space left on device" in err
    check_complete(path, 2 << 20)


def test_limit_of_file_sizes_leaves_a_complete_file(
    start_python: Start, path: Path, camera: Any
) -> None:
    recorder = start_python(LIMITED, "record", "-o", path, stderr=subprocess.PIPE)
    err = fill(recorder, camera)
    assert f"{path}: File too large" in err
    check_complete(path, 2_000_000)
