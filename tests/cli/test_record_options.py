"""shm-pub-sub record: parts and snapshots as a user has them."""

import argparse
import json
import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli import main
from shm_pub_sub._cli.arguments import size
from shm_pub_sub._cli.streams import on_signal
from shm_pub_sub._text import size as size_text
from support.programs import DEADLINE, Program
from support.waiting import until

pytest.importorskip("mcap")
from shm_pub_sub._recording.parts import parts_of

from ._reading import record
from ._recorder import SECOND, messages, played
from .conftest import PROGRAM, Cli, RunCli, StartTerminal

READY = r"keeping the last 30 s in memory; `kill -USR1 \d+`"


Refuse = Callable[..., None]


@pytest.fixture
def refuse(capsys: pytest.CaptureFixture[str]) -> Refuse:
    """refuse(options, words, code=1): `record` ends in this process, and prints only an error."""

    def refuse(options: Sequence[object], words: str, code: int = 1) -> None:
        assert main(["record", *map(str, options)]) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert words in err

    return refuse


def end(recorder: Program, code: int = 0) -> str:
    recorder.send_signal(signal.SIGINT)
    _out, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == code, err
    return recorder.errors + err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("500MB", 500_000_000),
        ("2GB", 2 * 10**9),
        ("1.5GiB", 3 << 29),
        ("64 kB", 64_000),
        ("64KiB", 1 << 16),
        (".5mib", 1 << 19),
        ("3TB", 3 * 10**12),
        ("7B", 7),
    ],
)
def test_sizes_have_units(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0", "-1MB", "1.5", "x", "5Gb/s", "2G", "1e9", "0.1B", "٣MB", "1 MB GB"]
)
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a size, such as 500MB"):
        size(text)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--snapshot", 9, "--split-size", "1MB"], "takes no --split-... and no --count"),
        (["--snapshot", 9, "-n", 9], "takes no --split-... and no --count"),
        (["--append"], "--append adds parts; pass --split-size"),
        (["--append", "--force", "--split-size", "1MB"], "pass --append or --force"),
        (["--split-size", 100], "found --split-size 100; expected at least 10000 bytes"),
        (["--memory", "1kB"], "found --memory 1000; expected at least 10000 bytes"),
        (
            ["--max-disk", "1MB", "--split-size", "1MB"],
            "expected at least two parts, 2000000 bytes",
        ),
        (["--max-disk", "1MB", "--snapshot", 9], "expected at least --memory, 268435456 bytes"),
        (["--snapshot-when", "estop"], "--snapshot-when needs --snapshot SECONDS"),
        (
            ["--snapshot", 9, "--snapshot-when", "a", "--exclude", "?"],
            "'a': --exclude leaves it out",
        ),
        (["--snapshot", 9, "--snapshot-when", "a", "b c"], "'a': at character"),
        (["--snapshot", 9, "--snapshot-when", "a", "b", "c"], "expected one expression, in quotes"),
        (["--snapshot", 9, "--snapshot-when", "speed"], "found float; expected bool, or an expr"),
        (["--snapshot", 9, "--snapshot-when", "speed", "x > 3"], "'speed': at character 1: "),
    ],
)
def test_contradictions_are_usage_errors(
    refuse: Refuse, tmp_path: Path, options: list[object], expected: str
) -> None:
    with shm_pub_sub.Publisher("speed", 0.0):
        refuse(["-o", tmp_path / "x", *options], expected, 2)
    assert [*tmp_path.glob("x*")] == []


def test_parts_play_as_one(cli: Cli, run_cli: RunCli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 10_000) as speed:
        recorder = record(cli, "-o", path, "--split-size", "20kB", "--compression", "none")
        for n in range(0, 5000, 100):
            speed.publish_many([float(k) for k in range(n, n + 100)])
            time.sleep(0.001)
        err = end(recorder)
    parts = parts_of(path)
    assert len(parts) > 2
    assert f"recording to {parts[0]}, ..." in err
    assert (
        f"5000 values of 1 topic, 0 lost, {size_text(sum(p.stat().st_size for p in parts))}" in err
    )
    assert f" in {len(parts)} parts" in err
    assert [value for *_, value in played(path)] == [*map(float, range(5000))]
    assert sum(len(messages(part)) for part in parts) == 5000
    summary = json.loads(run_cli("play", path, "--format", "json").stdout)
    assert summary["values"] == 5000


def test_summary_names_the_parts(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 10) as speed:
        recorder = record(cli, "-o", path, "--split-duration", 100, "--format", "json")
        speed.publish(1.0)
        recorder.send_signal(signal.SIGINT)
        out, _ = recorder.communicate(timeout=DEADLINE)
    summary = json.loads(out)
    assert summary["file"] == str(path)
    assert summary["files"] == [f"{path.parent}/run_0.mcap"]
    assert summary["removed"] == 0


def test_killed_in_parts_it_leaves_what_can_be_played(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 10_000) as speed:
        recorder = record(cli, "-o", path, "--split-size", "20kB", "--compression", "none")
        for count in range(0, 1_000_000, 100):
            speed.publish_many([float(k) for k in range(count, count + 100)])
            if len(parts_of(path)) >= 4:
                break
            time.sleep(0.001)
        recorder.kill()
        recorder.wait()
    found = [value for *_, value in played(path)]
    assert found == [*map(float, range(len(found)))]
    assert len(found) >= sum(len(messages(part)) for part in parts_of(path)[:-1]) > 0


def test_too_little_space_is_an_error_before_a_file_is_made(refuse: Refuse, path: Path) -> None:
    expected = "free on the disk; expected at least 818.5 TiB (--min-free); free some"
    refuse(["-o", path, "--min-free", "900TB"], expected)
    refuse(["-o", path, "--min-free", "900TB", "--snapshot", 9], expected)
    assert not path.exists()


@pytest.mark.parametrize("option", [["--snapshot", 9], ["--split-size", "1MB"], []])
def test_a_place_that_cannot_be_written_is_an_error_at_once(
    refuse: Refuse, tmp_path: Path, option: list[object]
) -> None:
    refuse(["-o", tmp_path / "no" / "run.mcap", *option], "No such file or directory")


def test_existing_parts_are_kept(
    refuse: Refuse, run_cli: RunCli, tmp_path: Path, path: Path
) -> None:
    (tmp_path / "run_3.mcap").write_text("precious")
    found = "run_3.mcap': found an existing file; pass another name or --force or --append"
    refuse(["-o", path, "--split-size", "1MB"], found, 2)
    refuse(["-o", path, "--snapshot", 9], found, 2)
    assert run_cli("record", "-o", path, "-d", 0.1).returncode == 0  # another recording
    assert (tmp_path / "run_3.mcap").read_text() == "precious"


def test_a_snapshot_has_the_last_seconds_before_the_signal(cli: Cli, path: Path) -> None:
    start = time.monotonic_ns()
    ages = [40.0, 31.0, 29.0, 20.0, 10.0, 1.0, 0.01]
    with shm_pub_sub.Publisher("speed", 0.0, 100) as speed:
        speed.publish_at(99.0, start - 99 * SECOND)
        recorder = record(cli, "-o", path, "--snapshot", 30)
        recorder.wait_for(READY, stream=recorder.stderr)
        for age in ages:
            speed.publish_at(age, start - round(age * SECOND))
        recorder.send_signal(signal.SIGUSR1)
        recorder.wait_for("run_0.mcap: the last", stream=recorder.stderr)
        speed.publish(0.0)
        recorder.send_signal(signal.SIGUSR1)
        recorder.wait_for("run_1.mcap: the last", stream=recorder.stderr)
        err = end(recorder)
    first, second = parts_of(path)
    waited = (time.monotonic_ns() - start) / SECOND
    expected = [age for age in ages if age < 30]
    assert waited > 1 or [value for *_, value in played(first)] == expected
    assert [value for *_, value in played(first)] == expected[-len(messages(first)) :]
    assert [value for *_, value in played(second)][-1] == 0.0
    found = [value for *_, value in played(path)]
    assert found == [value for *_, value in played(first)] + [0.0]
    assert " in 2 snapshots" in err


def test_a_snapshot_when_a_topic_says_so(cli: Cli, path: Path) -> None:
    with (
        shm_pub_sub.Publisher("speed", 0.0, 100) as speed,
        shm_pub_sub.Publisher("estop", False, 100) as estop,
    ):
        estop.publish(True)  # it was so before
        conditions = ["--snapshot-when", "estop", "--snapshot-when", "speed", "value > 3"]
        recorder = record(cli, "speed", "-o", path, "--snapshot", 30, *conditions, topics=2)
        recorder.wait_for(READY, stream=recorder.stderr)
        speed.publish_many([1.0, 2.0])
        for flag in (True, False, True):
            estop.publish(flag)
        recorder.wait_for(r"run_0.mcap: .* \(estop\)", stream=recorder.stderr)
        for value in (3.0, 4.0, 5.0, 0.0):
            speed.publish(value)
        recorder.wait_for(r"run_1.mcap: .* \(speed: value > 3\)", stream=recorder.stderr)
        end(recorder)
    first, second = parts_of(path)
    assert [value for *_, value in played(first)] == [True, 1.0, 2.0, True, False, True]
    assert [value for *_, value in played(path)][-2:] == [3.0, 4.0]
    assert [value for *_, value in played(second)][-1] == 4.0


@dataclass
class Imu:
    ax: float
    ay: float


def test_a_snapshot_when_a_records_field_says_so(cli: Cli, refuse: Refuse, path: Path) -> None:
    with shm_pub_sub.Publisher("imu", Imu(0.0, 0.0), 100) as imu:
        options = ["-o", path, "--snapshot", 30, "--snapshot-when", "imu"]
        refuse([*options, "az > 3"], "found no field 'az'", 2)
        refuse(options, "expected bool, or an expression", 2)
        recorder = record(cli, *options, "abs(ax) > 3")
        recorder.wait_for(READY, stream=recorder.stderr)
        for ax in (1.0, -4.0, -5.0, 2.0):
            imu.publish(Imu(ax, 0.5))
        recorder.wait_for(r"run_0.mcap: .* \(imu: abs\(ax\) > 3\)", stream=recorder.stderr)
        end(recorder)
    assert [struct.unpack("2d", value) for *_, value in played(path)] == [(1.0, 0.5), (-4.0, 0.5)]


def test_a_key_writes_a_snapshot(terminal: StartTerminal, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 100) as speed:
        speed.publish(1.0)
        shown = terminal("record", "-o", path, "--snapshot", 30)
        shown.wait_for(lambda _: "or the key s writes them" in shown.written)
        shown.wait_for(lambda _: " kept" in shown.written)
        shown.type("xs")
        shown.wait_for(lambda _: "(key s)" in shown.written)
        shown.type("\x03")
        assert shown.end() == 0
    assert shown.modes_are_as_before()
    assert [value for *_, value in played(path)] == [1.0]


def test_an_ignored_signal_stays_ignored(cli: Cli, path: Path, programs: object) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 100) as speed:
        speed.publish(1.0)
        recorder = cli._programs.start(
            "env", "--default-signal=INT", "--ignore-signal=USR1", PROGRAM,
            "record", "-o", path, "--snapshot", 30, stderr=subprocess.PIPE,
        )  # fmt: skip
        recorder.wait_for(READY, stream=recorder.stderr)
        ignored = _signals(recorder.pid, "SigIgn")
        assert ignored & 1 << (signal.SIGUSR1 - 1)
        recorder.send_signal(signal.SIGUSR1)
        end(recorder)
    assert parts_of(path) == []


def _signals(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(dict(line.split(":\t", 1) for line in status.splitlines())[field], 16)


def test_a_handler_is_restored() -> None:
    seen = []
    before = signal.getsignal(signal.SIGUSR1)
    with on_signal(signal.SIGUSR1, lambda number, _frame: seen.append(number)):
        os.kill(os.getpid(), signal.SIGUSR1)
        until(lambda: seen == [signal.SIGUSR1], "the signal")
    assert signal.getsignal(signal.SIGUSR1) is before
    with on_signal(signal.SIGUSR1, signal.SIG_IGN), on_signal(signal.SIGUSR1, pytest.fail):  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGUSR1)  # the one that is there stays
    assert signal.getsignal(signal.SIGUSR1) is before
