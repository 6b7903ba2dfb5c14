"""shm-pub-sub clean."""

import json
import os
import pty
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._remains import remains

from .conftest import Cli, RunCli

Leave = Callable[..., int]


@pytest.fixture
def all_kinds(leave: Leave, shm_dir: Path) -> Iterator[Path]:
    """A directory with one of everything, and what is not ours beside it."""
    leave("dead")
    leave("retained", retain=True)
    (shm_dir / "shm_pub_sub.damaged").write_bytes(b"nonsense" * 1000)
    minute_ago = time.time() - 61
    for name in ("shm_pub_sub#robot%2Fspeed", "shm_pub_sub##ABCDEF", "other#", "shm_pub_sub"):
        (shm_dir / name).write_bytes(b"")
        os.utime(shm_dir / name, (minute_ago, minute_ago))
    (shm_dir / "shm_pub_sub#being-made").write_bytes(b"")
    with shm_pub_sub.Publisher("alive", 0):
        yield shm_dir
    for path in shm_dir.iterdir():
        path.unlink()


NOT_OURS = {"other#", "shm_pub_sub"}
LEFT_ALONE = {*NOT_OURS, "shm_pub_sub#being-made"}
FORCED = {"shm_pub_sub.alive", "shm_pub_sub.damaged"}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_removes_what_is_dead_and_nothing_else(all_kinds: Path, run_cli: RunCli) -> None:
    before = files(all_kinds)
    ended = run_cli("clean", "--dry-run")
    assert (ended.returncode, files(all_kinds)) == (0, before)
    stays = "stays: damaged or of another version; see `shm-pub-sub list -v`"
    assert ended.stderr == f"shm-pub-sub: 'damaged' {stays}\n"
    assert ended.stdout.splitlines() == [
        "would remove dead (dead publisher, 8 KiB)",
        "would remove shm_pub_sub##ABCDEF (killed while creating it, 0 bytes)",
        "would remove shm_pub_sub#robot%2Fspeed (killed while creating it, 0 bytes)",
        "3 would be removed, 8 KiB",
    ]
    ended = run_cli("clean")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        "removed dead (dead publisher, 8 KiB)",
        "removed shm_pub_sub##ABCDEF (killed while creating it, 0 bytes)",
        "removed shm_pub_sub#robot%2Fspeed (killed while creating it, 0 bytes)",
        "3 removed, 8 KiB",
    ]
    assert files(all_kinds) == {*LEFT_ALONE, *FORCED, "shm_pub_sub.retained"}
    assert run_cli("clean").stdout == "nothing to remove\n"


def test_retained_values_go_when_asked_for(all_kinds: Path, run_cli: RunCli) -> None:
    assert run_cli("clean", "--retained").stdout.endswith("4 removed, 16 KiB\n")
    assert files(all_kinds) == {*LEFT_ALONE, *FORCED}


def test_patterns_bound_it(all_kinds: Path, run_cli: RunCli, leave: Leave) -> None:
    leave("robot/a")
    assert run_cli("clean", "robot/*").stdout.splitlines() == [
        "removed robot/a (dead publisher, 8 KiB)",
        "removed shm_pub_sub#robot%2Fspeed (killed while creating it, 0 bytes)",
        "2 removed, 8 KiB",
    ]
    assert {"shm_pub_sub.dead", "shm_pub_sub##ABCDEF"} <= files(all_kinds)


def test_json_says_what_and_where(all_kinds: Path, run_cli: RunCli) -> None:
    lines = run_cli("clean", "dead", "--format", "json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "name": "dead",
            "path": str(all_kinds / "shm_pub_sub.dead"),
            "what": "dead publisher",
            "nbytes": 8192,
            "removed": True,
        }
    ]


def test_force_needs_yes_where_it_cannot_ask(all_kinds: Path, run_cli: RunCli) -> None:
    before = files(all_kinds)
    ended = run_cli("clean", "--force")
    assert (ended.returncode, ended.stdout, files(all_kinds)) == (2, "", before)
    assert "pass --yes or --dry-run" in ended.stderr
    ended = run_cli("clean", "--force", "--dry-run")
    assert (ended.returncode, files(all_kinds)) == (0, before)
    assert "would remove alive (live publisher, 8 KiB)\n" in ended.stdout
    assert "would remove damaged (damaged or of another version, 8 KiB)\n" in ended.stdout

    ended = run_cli("clean", "--force", "--yes")
    assert ended.returncode == 0
    assert "--force does not stop a live publisher" in ended.stderr
    assert files(all_kinds) == {*LEFT_ALONE, "shm_pub_sub.retained"}


@pytest.mark.parametrize("answer", [b"y\n", b"n\n", b"\n", b"\x04"])
def test_force_asks_on_a_terminal(answer: bytes, all_kinds: Path, cli: Cli) -> None:
    before = files(all_kinds)
    parent, child = pty.openpty()
    process = cli.start("clean", "--force", stdin=child)
    os.write(parent, answer)
    out, err = process.communicate(timeout=30)
    os.close(parent)
    os.close(child)
    assert "to be removed: alive (live publisher, 8 KiB)\n" in err
    assert "Remove 5? [y/N] " in err
    if answer == b"y\n":
        assert process.returncode == 0
        assert out.endswith("5 removed, 24 KiB\n")
        assert files(all_kinds) == {*LEFT_ALONE, "shm_pub_sub.retained"}
    else:
        assert (process.returncode, out, files(all_kinds)) == (1, "", before)
        assert err.endswith("nothing removed\n")


def test_what_cannot_go_is_said_and_the_rest_goes(
    run_cli: RunCli, leave: Leave, shm_dir: Path
) -> None:
    leave("dead")
    (shm_dir / "shm_pub_sub.folder").mkdir()
    ended = run_cli("clean", "--force", "--yes")
    assert ended.returncode == 1
    assert ended.stdout == "removed dead (dead publisher, 8 KiB)\n1 removed, 8 KiB\n"
    assert f"{shm_dir}/shm_pub_sub.folder" in ended.stderr
    (shm_dir / "shm_pub_sub.folder").rmdir()


def test_file_that_came_since_stays(leave: Leave, shm_dir: Path) -> None:
    leave("dead")
    (shm_dir / "shm_pub_sub.damaged").write_bytes(b"nonsense" * 1000)
    damaged, dead = sorted(remains(), key=lambda one: one.name)
    with (
        shm_pub_sub.Publisher("damaged", 0),
        shm_pub_sub.Publisher("dead", 0, retain=True) as retained,
    ):
        retained.publish(1)
        retained.close()
        for one in (damaged, dead):
            with pytest.raises(FileNotFoundError, match="another file"):
                one.remove()
        assert [topic.name for topic in shm_pub_sub.topics()] == ["damaged", "dead"]
    shm_pub_sub.remove("dead")
