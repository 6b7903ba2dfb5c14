"""The MCAP format's conformance suite: files with values are replayed, the others explained."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("mcap")
import lz4.frame
import zstandard
from shm_pub_sub import RecordingError
from support import json_values

from . import _mcap_suite as suite
from ._replay import replay, values
from .conftest import RunCli

START = 1_700_000_000_000_000_000
COMPRESSIONS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    ("zstd", zstandard.ZstdCompressor().compress),
    ("lz4", lz4.frame.compress),
]
TOPICS = {1: ("a/float", float), 2: ("a/int", int), 3: ("a/bool", bool)}
# Time, channel and value; the order of the file is not that of time.
VALUES = [(0, 1, 0.5), (2, 2, -(2**63)), (1, 3, True), (3, 1, -0.0), (3, 1, 1e-320), (2, 2, 7)]
EXPECTED = {
    "a/float": [(START, 0.5), (START + 3, -0.0), (START + 3, 1e-320)],
    "a/int": [(START + 2, -(2**63)), (START + 2, 7)],
    "a/bool": [(START + 1, True)],
}


def numbers() -> list[suite.Record]:
    """Records with all that play reads, and a schemaless channel, metadata and an attachment."""
    records = [suite.metadata("about", {"who": "me"})]
    for number, (topic, kind) in TOPICS.items():
        # Each before its first message, and in an order that is not that of the numbers.
        records.insert(0, suite.channel(number, number, topic, "json", {"foo": "bar"}))
        records.insert(0, suite.schema(number, topic, "jsonschema", json_values.schema(kind)))
    records.append(suite.channel(4, 0, "text", "text", {}))
    for sequence, (time, number, value) in enumerate(VALUES):
        content = json.dumps({"value": value, "more": [1]}).encode()
        records.append(suite.message(number, sequence, START + time, START, content))
        records.append(suite.message(4, sequence, START + time, START, b"words"))
    records.append(suite.attachment(START, START, "photo", "image/png", bytes(100)))
    return records


def test_files_are_those_of_the_suite() -> None:
    files = {
        "-".join([case.name, *sorted(form)]): suite.build(case.records, form)
        for case in suite.INPUTS
        for form in suite.forms(case.records)
    }
    assert len(files) == 416
    assert zlib.crc32(b"".join(files[name] for name in sorted(files))) == 3408284205


@pytest.mark.parametrize("case", suite.INPUTS, ids=lambda case: case.name)
def test_file_without_numbers_ends_in_a_line_of_error(case: suite.Input, path: Path) -> None:
    for form in suite.forms(case.records):
        path.write_bytes(suite.build(case.records, form))
        with pytest.raises(RecordingError, match="found no topic; expected") as raised:
            replay(path)
        assert "\n" not in str(raised.value)


def test_error_is_what_the_user_sees(run_cli: RunCli, path: Path) -> None:
    for number, why in (
        (2, "found messages in 'a'"),
        (4, "found messages in 'text' without a schema"),
    ):
        path.write_bytes(suite.build(suite.INPUTS[number].records, frozenset({"ch", "rch"})))
        failed = run_cli("play", path)
        assert failed.returncode == 1
        assert f"example is skipped: {why}; expected messages of ROS 2" in failed.stderr
        assert "found no topic; expected" in failed.stderr.splitlines()[-1]


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=lambda one: one[0] or "none")
def test_numbers_in_every_form_are_replayed(
    compression: tuple[str, Callable[[bytes], bytes]], tmp_path: Path
) -> None:
    path, records = tmp_path / "numbers.mcap", numbers()
    for form in suite.forms(records):
        if compression[0] and "ch" not in form:
            continue
        path.write_bytes(suite.build(records, form, compression))
        assert repr({t: values(path).get(t) for t in EXPECTED}) == repr(EXPECTED), sorted(form)


def test_fields_of_a_later_version_within_a_chunk_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = suite.packed_record
    monkeypatch.setattr(suite, "packed_record", lambda opcode, content, _=False: plain(
        opcode, content, True
    ))  # fmt: skip
    (path := tmp_path / "numbers.mcap").write_bytes(suite.build(numbers(), frozenset({"ch"})))
    assert repr({t: values(path)[t] for t in EXPECTED}) == repr(EXPECTED)
