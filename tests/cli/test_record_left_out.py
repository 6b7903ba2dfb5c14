"""shm-pub-sub record: what it leaves out it says, with the reason, and so does the recording."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import shm_pub_sub
from support.programs import DEADLINE, Run
from support.waiting import until

from ._reading import record
from .conftest import Cli, RunCli, needs_root

mcap_reader = pytest.importorskip("mcap.reader")
from shm_pub_sub._recording import mcap_format  # noqa: E402


def left_out(path: Path) -> dict[str, str]:
    """What the recording says it left out."""
    with path.open("rb") as file:
        found = {r.name: r.metadata for r in mcap_reader.make_reader(file).iter_metadata()}
    said: dict[str, str] = found.get(mcap_format.LEFT_OUT, {})
    return said


LIMITED = """
import resource, sys
from shm_pub_sub._cli import main
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
sys.exit(main(["record", *sys.argv[1:]]))
"""


def test_topics_beyond_the_file_limit_are_said(
    run_python: Run, run_cli: RunCli, path: Path
) -> None:
    with ExitStack() as stack:
        for number in range(60):
            pub = stack.enter_context(shm_pub_sub.Publisher(f"t/{number:02}", number))
            pub.publish(number)
        ended = run_python(LIMITED, "-o", path, "-d", 0.5, "--format", "json")
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert len(found["topics"]) + len(found["left_out"]) == 60
    assert 10 < len(found["topics"]) < 48
    assert found["values"] == len(found["topics"])
    assert set(found["left_out"].values()) == {
        "this process may have 48 files open; raise that (ulimit -Hn)"
    }
    (line,) = [line for line in ended.stderr.splitlines() if "left out" in line]
    assert f"left out: {len(found['left_out'])} topics, t/" in line
    assert left_out(path) == found["left_out"]
    listed = run_cli("recording", "info", path)
    assert "t/59 was not recorded: this process may have 48 files open" in listed.stderr


def test_topic_that_appears_at_the_limit_ends_nothing(
    cli: Cli, start_python: Callable[..., object], path: Path
) -> None:
    with ExitStack() as stack:
        for number in range(40):
            stack.enter_context(shm_pub_sub.Publisher(f"t/{number:02}", 0)).publish(number)
        recorder = start_python(LIMITED, "-o", path, "-d", 60, stderr=-1)
        recorder.wait_for("left out", stream=recorder.stderr)
        stack.enter_context(shm_pub_sub.Publisher("t/late", 0)).publish(1)
        recorder.wait_for("left out: t/late", stream=recorder.stderr)
        recorder.terminate()  # type: ignore[attr-defined]
        assert recorder.wait(DEADLINE) == 1  # type: ignore[attr-defined]
    assert "t/late" in left_out(path)


@pytest.mark.parametrize("topics", [(), ("broken",)])
def test_topic_of_ones_own_that_cannot_be_opened_is_a_failure(
    run_cli: RunCli, tmp_path: Path, shm_dir: Path, topics: tuple[str, ...]
) -> None:
    path, broken = tmp_path / "run.mcap", shm_dir / "shm_pub_sub.broken"
    broken.write_bytes(bytes(5000))
    ended = run_cli("record", *topics, "-o", path, "-d", 0.5)
    broken.unlink()
    assert ended.returncode == 1
    assert ended.stderr.count("left out: broken: Failed to open shared memory: ") == 1
    assert "no topic" not in ended.stderr
    assert "0 values of 0 topics, 0 lost, 1 topic left out" in ended.stderr
    assert left_out(path)["broken"].startswith("Failed to open shared memory: ")


def test_topic_that_can_be_opened_later_is_recorded_from_then_on(
    cli: Cli, tmp_path: Path, shm_dir: Path
) -> None:
    path, broken = tmp_path / "run.mcap", shm_dir / "shm_pub_sub.later"
    broken.write_bytes(bytes(5000))
    with shm_pub_sub.Publisher("other", 0):
        recorder = record(cli, "-o", path)
        assert recorder.stderr is not None
        recorder.wait_for("left out: later", stream=recorder.stderr)
        broken.unlink()
        with shm_pub_sub.Publisher("later", 0, 10) as later:
            later.publish_many([1, 2])
            recorder.wait_for("later is now recorded", stream=recorder.stderr)
            recorder.terminate()
            _out, err = recorder.communicate(timeout=DEADLINE)
    assert "2 values of 2 topics, 0 lost, " in err
    assert left_out(path) == {}


AS_ANOTHER_USER = """
import os, sys
from shm_pub_sub._cli import main
path, *topics = sys.argv[1:]
# Imports all; Python's files may be in a place that only root can read.
main(["record", "-o", os.devnull, "--force", "-d", "0.01", "none"])
os.setgroups([])
os.setresgid(61001, 61001, 61001)
os.setresuid(61001, 61001, 61001)
print("now", file=sys.stderr)
sys.exit(main(["record", "-o", path, "-d", "0.5", *topics]))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@needs_root
@pytest.mark.parametrize(
    ("uid", "mode", "topics", "code", "reason"),
    [
        (61002, 0o600, (), 0, "permission denied"),
        (61002, 0o600, ("the*",), 0, "permission denied"),
        (61002, 0o600, ("theirs",), 1, "permission denied"),
        (61002, 0o644, (), 0, "it is of user 61002, who is not trusted"),
        (61002, 0o644, ("theirs",), 1, "it is of user 61002, who is not trusted"),
        (0, 0o600, (), 1, "permission denied"),
    ],
)
def test_topics_of_other_users_are_a_failure_only_if_named_or_trusted(
    run_python: Run,
    shm_dir: Path,
    open_folder: Path,
    uid: int,
    mode: int,
    topics: tuple[str, ...],
    code: int,
    reason: str,
) -> None:
    shm_dir.chmod(0o1777)
    path = open_folder / "run.mcap"
    with shm_pub_sub.Publisher("theirs", 0, mode=mode) as pub:
        pub.publish(1)
        os.chown(shm_dir / "shm_pub_sub.theirs", uid, uid)
        ended = run_python(AS_ANOTHER_USER, path, *topics)
    said = ended.stderr.partition("now\n")[2]
    assert ended.returncode == code, said
    assert said.count("left out: theirs: ") == 1
    assert reason in said
    assert "no topic" not in said
    assert reason in left_out(path)["theirs"]


@pytest.mark.parametrize("replaced", [False, True])
def test_removed_file_is_noticed(cli: Cli, path: Path, replaced: bool) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        speed.publish(1.0)
        recorder = record(cli, "-o", path)
        path.unlink()
        if replaced:
            path.write_text("another")
        _out, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 1
    assert f"record '{path}': the file was removed, or replaced" in err
    assert "Traceback" not in err


def test_file_that_is_cut_is_noticed(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        speed.publish(1.0)
        recorder = record(cli, "-o", path)
        until(lambda: path.stat().st_size > 100, "a chunk")
        os.truncate(path, 0)
        _out, err = recorder.communicate(timeout=DEADLINE)
    assert (recorder.returncode, "the file was truncated" in err) == (1, True), err


def test_second_recorder_is_refused_the_file(cli: Cli, run_cli: RunCli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        speed.publish(1.0)
        recorder = record(cli, "-o", path)
        second = run_cli("record", "-o", path, "--force", "-d", "0.1")
        recorder.send_signal(signal.SIGINT)
        recorder.communicate(timeout=DEADLINE)
    assert (second.returncode, "another recorder is writing it" in second.stderr) == (1, True)
    assert recorder.returncode == 0
    with path.open("rb") as file:
        assert len([*mcap_reader.make_reader(file).iter_messages()]) == 1
    assert run_cli("record", "-o", path, "--force", "-d", "0.1").returncode == 0


def test_missing_directory_is_found_before_a_file_is_replaced(
    run_cli: RunCli, tmp_path: Path
) -> None:
    path = tmp_path / "run.mcap"
    path.write_text("precious")
    nowhere = os.environ | {"SHM_PUB_SUB_DIR": str(tmp_path / "nowhere")}
    ended = run_cli("record", "-o", path, "--force", "-d", "0.1", env=nowhere)
    assert (ended.returncode, "expected the directory" in ended.stderr) == (1, True)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("form", ["text", "json"])
def test_name_that_no_topic_had_is_said(run_cli: RunCli, tmp_path: Path, form: str) -> None:
    with shm_pub_sub.Publisher("speed", 0.0):
        path = tmp_path / "run.mcap"
        ended = run_cli("record", "-o", path, "-d", "0.1", "--format", form, "speed", "sped")
    assert (ended.returncode, "no topic 'sped'" in ended.stderr) == (3, True)
    if form == "json":
        assert json.loads(ended.stdout)["unmatched"] == ["sped"]


def test_renamed_file_is_complete(cli: Cli, tmp_path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        speed.publish(1.0)
        recorder = record(cli, "-o", tmp_path / "run.mcap", "-d", 1)
        (tmp_path / "run.mcap").rename(tmp_path / "kept.mcap")
        _out, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0, err
    assert f"{tmp_path / 'run.mcap'} was moved during the recording" in err
    with (tmp_path / "kept.mcap").open("rb") as file:
        assert len([*mcap_reader.make_reader(file).iter_messages()]) == 1
