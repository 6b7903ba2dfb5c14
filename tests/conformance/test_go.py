"""Recordings as the Go library github.com/foxglove/mcap reads them.

The library comes from the Go module proxy, by the versions of go/go.mod and go/go.sum: the module
of this repository does not need it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcap")
from cli.conftest import Cli
from mcap.reader import NonSeekingReader
from support.paths import ROOT

from ._recorded import COUNT, TOPICS, digest, record

HERE = Path(__file__).parent / "go"
DATA_END = b"\x0f\x04" + bytes(7)
IMAGE = "sensor_msgs/msg/Image"

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


class Unbuilt(Exception):
    """go/ cannot be built: what is missing."""


def environment() -> dict[str, str]:
    """Return the environment of build.py's Go commands."""
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        import build_machine  # noqa: PLC0415

        return build_machine.go_environment() | {"CGO_ENABLED": "0"}
    except SystemExit as error:  # no Go
        pytest.skip(str(error))
    finally:
        sys.path.remove(str(ROOT / ".ci"))


def build(folder: Path, env: dict[str, str]) -> Path:
    """Build the program in go/ into a folder."""
    for command in (["mod", "download"], ["build", "-o", f"{folder}{os.sep}", "."]):
        ended = subprocess.run(
            ["go", *command],
            cwd=HERE,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if ended.returncode:
            needs = [
                line for line in (HERE / "go.mod").read_text().splitlines() if "/mcap " in line
            ]
            raise Unbuilt(
                f"`go {' '.join(command)}` in {HERE} ended with {ended.returncode}; expected it to "
                f"find what go.mod requires ({needs[0]}) in Go's module cache or by a module "
                f"proxy that GOPROXY names:\n{ended.stderr}"
            )
    return folder / "conformance"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go"), environment())


def read(program: Path, way: str, path: Path) -> "subprocess.CompletedProcess[str]":
    command = [program, way, path]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def in_python(path: Path) -> dict[tuple[str, int], Any]:
    """Return what the program in go/ prints of each message, without the images."""
    with path.open("rb") as file:
        found = {}
        for schema, channel, message in NonSeekingReader(file, validate_crcs=True).iter_messages():
            assert schema is not None
            found[channel.topic, message.sequence] = {
                "topic": channel.topic,
                "schema": schema.name,
                "encoding": f"{channel.message_encoding} {schema.encoding}",
                "sequence": message.sequence,
                "log_time": message.log_time,
                "publish_time": message.publish_time,
                "length": len(message.data),
                "sha256": digest(memoryview(message.data)),
            }
    return found


def check_image(message: dict[str, Any], image: dict[str, Any]) -> None:
    """Check an image that Go has decoded against the value that was published."""
    topic = TOPICS[message["topic"]]
    pixels = topic.values[message["sequence"] - 1]
    expected = topic.expected(pixels) | {"is_bigendian": False, "length": pixels.nbytes}
    expected |= {"sha256": digest(pixels), "stamp_ns": message["publish_time"]}
    expected["frame_id"] = topic.about.get("attributes", {}).get("frame_id", "")
    del expected["data"]
    assert image == expected


@pytest.mark.parametrize("compression", ["", "zstd", "lz4", "none"])
def test_every_message_is_read(compression: str, program: Path, cli: Cli, tmp_path: Path) -> None:
    path, killed = tmp_path / "run.mcap", tmp_path / "killed.mcap"
    record(cli, path, *(["--compression", compression] if compression else []))
    whole, expected = path.read_bytes(), in_python(path)
    assert len(expected) == COUNT
    killed.write_bytes(whole[: whole.rindex(DATA_END)])  # as of a recorder that was killed
    for way, file in (("indexed", path), ("stream", path), ("stream", killed)):
        ended = read(program, way, file)
        assert (ended.returncode, ended.stderr) == (0, "")
        messages = [json.loads(line) for line in ended.stdout.splitlines()]
        assert len(messages) == COUNT
        for message in messages:
            image = message.pop("image", None)
            assert (image is not None) == (message["schema"] == IMAGE)
            if image is not None:
                check_image(message, image)
            assert message == expected[message["topic"], message["sequence"]]
        if way == "indexed":
            times = [message["log_time"] for message in messages]
            assert times == sorted(times)


def test_go_checks_each_chunk(program: Path, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    record(cli, path)
    data = bytearray(path.read_bytes())
    data[data.index(TOPICS["camera"].values[1].tobytes()[:64])] ^= 1
    path.write_bytes(data)
    ended = read(program, "stream", path)
    assert ended.returncode == 1
    assert "invalid chunk CRC" in ended.stderr


def test_without_the_proxy_the_error_says_what_is_missing(tmp_path: Path) -> None:
    empty = {"GOMODCACHE": str(tmp_path / "modules"), "GOFLAGS": "-modcacherw"}
    with pytest.raises(Unbuilt, match=r"foxglove/mcap/go/mcap v1\.\d+\.\d+\).*\n.*GOPROXY=off"):
        build(tmp_path, environment() | empty | {"GOPROXY": "off"})
