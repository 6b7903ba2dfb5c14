"""shm-pub-sub doctor: each of its checks, where it is well and where it is not."""

import json
import mmap
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._checks import directory, machine
from shm_pub_sub._checks.finding import FAIL, OK, WARN
from shm_pub_sub._checks.removed import removed
from shm_pub_sub._checks.self_test import self_test
from support.programs import Ended, Run, Start, run

from .conftest import AS_ANOTHER_USER, PROGRAM, Cli, RunCli, needs_root


def verdicts(ended: Ended) -> dict[str, dict[str, str]]:
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    return {one["check"]: one for one in found}


def diagnose(command: str) -> Ended:
    """Run a command of bash, in which `doctor` is shm-pub-sub doctor."""
    command = command.replace("doctor", f"{PROGRAM} doctor --format json")
    return run("bash", "-c", command, timeout=60)


def test_healthy_machine(run_cli: RunCli, shm_dir: Path) -> None:
    ended = run_cli("doctor")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert f"ok    directory    {shm_dir}, mode 0700" in lines
    assert "ok    file system  tmpfs, in memory" in lines
    assert lines[-1].startswith("ok    self-test    a value reached another process in ")
    assert lines[-1].endswith(" (layout 3)")
    assert list(shm_dir.iterdir()) == []


def test_json_has_the_same_checks(run_cli: RunCli) -> None:
    found = verdicts(run_cli("doctor", "--format", "json"))
    assert all(set(one) == {"check", "verdict", "found", "do"} for one in found.values())
    named = {line[6:17].rstrip() for line in run_cli("doctor").stdout.splitlines()}
    assert named - {""} == set(found)


@pytest.mark.parametrize("directory", ["/nowhere", "/etc/passwd"])
def test_directory_that_is_none_fails(directory: str, cli: Cli) -> None:
    ended = cli.run("doctor", "--format", "json", env=os.environ | {"SHM_PUB_SUB_DIR": directory})
    assert (ended.returncode, ended.stderr) == (1, "")
    found = verdicts(ended)
    assert found["directory"]["verdict"] == FAIL
    assert "SHM_PUB_SUB_DIR" in found["directory"]["do"]
    assert "self-test" not in found, "it could say nothing else"


@needs_root
def test_directory_that_one_may_not_write_to_fails(shm_dir: Path, run_python: Run) -> None:
    shm_dir.chmod(0o755)
    ended = run_python(AS_ANOTHER_USER, "doctor")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"fail  directory    {shm_dir}, mode 0755, is not writable" in ended.stdout
    assert "-> let user 61001 write there" in ended.stdout


def test_directory_without_the_sticky_bit_is_a_warning(shm_dir: Path) -> None:
    shm_dir.chmod(0o777)
    found = directory.directory(str(shm_dir))
    assert (found.verdict, found.remedy) == (WARN, f"chmod +t {shm_dir}")
    shm_dir.chmod(0o1777)
    assert directory.directory(str(shm_dir)).verdict == OK


def test_file_system_is_the_nearest_mount_s(shm_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert directory.file_system(str(shm_dir)).verdict == OK
    found = directory.file_system("/proc/self")
    assert (found.verdict, found.found) == (WARN, "proc: not tested with this library")
    monkeypatch.setattr(directory, "ON_A_NETWORK", {"tmpfs"})
    monkeypatch.setattr(directory, "IN_MEMORY", set())
    assert directory.file_system(str(shm_dir)).verdict == FAIL


MOUNT = (
    "unshare -m bash -c '"
    "mount -t tmpfs -o {options} tmpfs $SHM_PUB_SUB_DIR || exit 77; {fill}; doctor'"
)


@needs_root
@pytest.mark.parametrize(
    ("options", "fill", "check", "verdict", "remedy"),
    [
        ("size=64k", "", "space", WARN, "--shm-size=1g"),
        ("size=64k", "fallocate -l 64k $SHM_PUB_SUB_DIR/full", "space", FAIL, "clean"),
        ("nr_inodes=20", "", "space", WARN, "nr_inodes"),
        ("nr_inodes=2", "touch $SHM_PUB_SUB_DIR/full", "space", FAIL, "nr_inodes"),
        ("size=64k,mode=777", "", "directory", WARN, "chmod +t"),
        ("size=64k", "mount -o remount,ro $SHM_PUB_SUB_DIR", "directory", FAIL, "let user"),
    ],
)
def test_file_system_that_is_too_small_or_not_ours(
    options: str, fill: str, check: str, verdict: str, remedy: str
) -> None:
    ended = diagnose(MOUNT.format(options=options, fill=fill or ":"))
    if ended.returncode == 77 or "unshare" in ended.stderr:
        pytest.skip(f"mounting is not allowed here: {ended.stderr.strip()}")
    found = verdicts(ended)[check]
    assert found["verdict"] == verdict
    assert remedy in found["do"]
    failed = any(one["verdict"] == FAIL for one in verdicts(ended).values())
    assert ended.returncode == int(failed)
    assert failed == (verdict == FAIL)


def test_limits_that_are_too_low() -> None:
    publishers = [shm_pub_sub.Publisher(f"topic/{n}", 0) for n in range(20)]
    found = verdicts(diagnose("ulimit -n 80; doctor"))["descriptors"]
    assert found["verdict"] == WARN
    assert (found["found"], found["do"][:9]) == ("80 per process, 20 topics", "ulimit -n")
    for publisher in publishers:
        publisher.close()
    assert verdicts(diagnose("ulimit -n 80; doctor"))["descriptors"]["verdict"] == OK

    ended = diagnose("ulimit -f 100; doctor")
    assert (ended.returncode, verdicts(ended)["file size"]["verdict"]) == (0, WARN)
    ended = diagnose("ulimit -f 60; doctor")
    assert (ended.returncode, verdicts(ended)["file size"]["verdict"]) == (1, FAIL)
    assert verdicts(ended)["self-test"]["verdict"] == FAIL, "no topic can be made"


def test_leftovers_and_damage(leave: Callable[..., int], run_cli: RunCli, shm_dir: Path) -> None:
    leave("dead/1", "dead/2")
    leave("retained", retain=True)
    (shm_dir / "shm_pub_sub.broken").write_bytes(b"nonsense")
    with shm_pub_sub.Publisher("alive", 0):
        ended = run_cli("doctor", "--format", "json")
    found = verdicts(ended)
    assert ended.returncode == 0, "warnings are no failure"
    assert found["leftovers"] == {
        "check": "leftovers",
        "verdict": WARN,
        "found": "1 live topic, 1 retained value, 2 files left by killed publishers (16 KiB)",
        "do": "run shm-pub-sub clean",
    }
    assert found["damage"]["verdict"] == WARN
    assert found["damage"]["found"] == "1 topic: damaged or of another version: 'broken'"
    run_cli("rm", "broken", "dead/*", "retained")


HOLD = """
import sys, numpy, shm_pub_sub
frame = numpy.zeros((512, 1024), "u1")
with shm_pub_sub.Publisher(sys.argv[1], frame) as pub:
    pub.publish(frame)
    kept = shm_pub_sub.Subscriber(sys.argv[1], frame, copy=False).recv()
print("ready", flush=True)
input()
"""


def test_removed_topics_that_are_still_mapped(start_python: Start, run_cli: RunCli) -> None:
    holder = start_python(HOLD, "camera")
    assert holder.line() == "ready"
    found = verdicts(run_cli("doctor", "--format", "json"))["removed"]
    assert found["verdict"] == WARN
    # Seven chunks of a page more than half a MiB; the table of pins is not part of it.
    pattern = (
        rf"3\.5\d+ MiB of 1 removed topic still mapped by process {holder.pid} \(3\.5\d+ MiB\)"
    )
    assert re.fullmatch(pattern, found["found"])
    assert "drop arrays" in found["do"]
    holder.release()
    holder.wait(30)
    found = verdicts(run_cli("doctor", "--format", "json"))["removed"]
    assert (found["verdict"], found["found"]) == (OK, "no removed topic is mapped")


def test_a_live_topic_that_was_unlinked_is_found_and_others_are_not(shm_dir: Path) -> None:
    with shm_pub_sub.Publisher("there", 0), shm_pub_sub.Subscriber("there", 0):
        assert removed(shm_dir).found == "no removed topic is mapped"
    with shm_pub_sub.Publisher("topic", 0), shm_pub_sub.Subscriber("topic", 0):
        (path,) = shm_dir.iterdir()
        path.unlink()
        (shm_dir / "other").write_bytes(bytes(5_000_000))
        with (shm_dir / "other").open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        (shm_dir / "other").unlink()
        found = removed(shm_dir)
        mapped.close()
    assert found.verdict == OK
    assert found.found == (
        f"8 KiB of 1 removed topic still mapped by process {os.getpid()} (8 KiB)"
    )


def test_containers_are_told_by_their_marks(tmp_path: Path) -> None:
    assert machine.container(str(tmp_path)).found == "none"
    (tmp_path / "proc" / "self" / "ns").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "ns" / "pid").symlink_to("pid:[4026532000]")
    found = machine.container(str(tmp_path))
    assert found.found == "of some kind, process IDs of its own"
    (tmp_path / ".dockerenv").touch()
    (tmp_path / "proc" / "1").mkdir()
    (tmp_path / "proc" / "1" / "cgroup").write_text("0::/kubepods/pod1/docker/2\n")
    found = machine.container(str(tmp_path))
    assert found.found == "docker, kubepods, process IDs of its own"
    assert "--ipc=host" in str(found.remedy)


def test_systemd_that_removes_a_users_files_at_logout(tmp_path: Path) -> None:
    root = str(tmp_path)
    logind = machine.logind
    assert logind("/dev/shm", 1000, root).verdict == OK, "no systemd"
    (tmp_path / "run" / "systemd" / "system").mkdir(parents=True)
    assert logind("/dev/shm", 1000, root).verdict == WARN
    assert logind("/dev/shm", 999, root).verdict == OK, "a system's user"
    assert logind("/srv/topics", 1000, root).verdict == OK
    (tmp_path / "etc" / "systemd" / "logind.conf.d").mkdir(parents=True)
    (tmp_path / "etc" / "systemd" / "logind.conf").write_text("[Login]\n#RemoveIPC=no\n")
    assert logind("/dev/shm", 1000, root).verdict == WARN, "a comment"
    (tmp_path / "etc" / "systemd" / "logind.conf.d" / "robot.conf").write_text(
        "[Login]\nRemoveIPC=no\n"
    )
    assert logind("/dev/shm", 1000, root).verdict == OK


def test_kernel_that_lacks_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.forking().verdict == OK
    monkeypatch.setattr(machine, "FUTEX_WAITV", 100_000)
    found = machine.waiting()
    assert (found.verdict, "without futex_waitv" in found.found) == (WARN, True)

    def refuse(name: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "memfd_create", refuse)
    assert machine.forking().verdict == WARN


def test_extras_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    extras = {"here": ("json",), "one": ("json", "no_such_a"), "two": ("no_such_b",)}
    monkeypatch.setattr(machine, "EXTRAS", extras)
    found = machine.extras()
    assert (found.verdict, found.found) == (OK, "here; not one, two")
    assert str(found.remedy).endswith(": pip install no_such_a no_such_b")


def test_self_test_that_fails_says_why(shm_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert self_test(str(shm_dir)).verdict == OK
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = self_test(str(shm_dir))
    assert (found.verdict, found.found) == (FAIL, "the other process: it received nothing")
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert "/nowhere" in self_test(str(shm_dir)).found
