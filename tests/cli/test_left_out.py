"""What a verb leaves out it says, once, with the reason; and the exit code knows of it."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._left_out import is_expected
from support.programs import Run, run

from ._reading import interrupt
from .conftest import AS_ANOTHER_USER, ENVIRONMENT, PROGRAM, Cli, RunCli, StartTerminal, needs_root

REASON = (
    'open "robot/secret": open the existing file: permission denied; this process is user 61001'
)
OWN = "robot/secret"


VERBS: list[list[object]] = [
    ["echo", "{}", "--once", "--timeout", 5],
    ["echo", "{}", "--once", "--interval", 0.1, "--timeout", 5],
    ["hz", "{}", "--count", 2, "-i", 0.1],
    ["delay", "{}", "--count", 2, "-i", 0.1],
    ["top", "{}", "-n", 2, "-i", 0.1],
    ["top", "{}", "-n", 2, "-i", 0.1, "--format", "json"],
    ["plot", "{}", "--once", "--duration", 0.2],
    ["plot", "{}", "--format", "json", "--duration", 0.2],
]


def of(verb: list[object], topic: str) -> list[object]:
    return [topic if word == "{}" else word for word in verb]


@pytest.fixture
def _secret(shm_dir: Path) -> Iterator[None]:
    """A topic for everybody, and one that only its owner, who is root, can read."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    shm_dir.chmod(0o1777)
    with (
        shm_pub_sub.Publisher("robot/open", 0, mode=0o644) as pub,
        shm_pub_sub.Publisher("robot/secret", 0),
    ):
        pub.publish(1)
        yield


@pytest.mark.parametrize("verb", VERBS, ids=str)
@pytest.mark.usefixtures("_secret")
def test_own_topic_that_a_pattern_matches_is_a_failure(run_python: Run, verb: list[object]) -> None:
    """root's counts as one's own: everybody trusts root."""
    ended = run_python(AS_ANOTHER_USER, *of(verb, "robot/*"))
    assert ended.returncode == 1
    assert ended.stderr.count(REASON) == 1
    assert ended.stderr.count("left out: ") == 1
    assert "robot/open" in ended.stdout


@pytest.mark.parametrize("verb", VERBS, ids=str)
@pytest.mark.usefixtures("_secret")
def test_strangers_topic_that_only_a_pattern_matches_is_none(
    run_python: Run, shm_dir: Path, verb: list[object]
) -> None:
    os.chown(shm_dir / "shm_pub_sub.robot%2Fsecret", 61002, 61002)
    ended = run_python(AS_ANOTHER_USER, *of(verb, "robot/*"))
    assert ended.returncode == 0
    assert ended.stderr.count("left out: ") == 1
    assert OWN in ended.stderr
    assert "robot/open" in ended.stdout


@pytest.mark.parametrize("verb", [*VERBS, ["info", "{}"], ["rm", "{}"]], ids=str)
@pytest.mark.parametrize("owner", [0, 61002])
@pytest.mark.usefixtures("_secret")
def test_topic_that_is_named_is_a_failure(
    run_python: Run, shm_dir: Path, verb: list[object], owner: int
) -> None:
    os.chown(shm_dir / "shm_pub_sub.robot%2Fsecret", owner, owner)
    ended = run_python(AS_ANOTHER_USER, *of(verb, "robot/secret"))
    assert ended.returncode == 1
    assert "permission denied" in ended.stderr or "not permitted" in ended.stderr
    assert "did you mean" not in ended.stderr
    assert "not there" not in ended.stdout + ended.stderr


@needs_root
def test_whose_topics_are_expected(shm_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shm_pub_sub.Publisher("a", 0):
        path = shm_dir / "shm_pub_sub.a"
        os.chown(path, 61002, 61002)
        assert is_expected("a"), "where only root can make files"
        shm_dir.chmod(0o1777)
        assert not is_expected("a")
        for users in ("61002", "root, 61002", "any"):
            monkeypatch.setenv("SHM_PUB_SUB_TRUST", users)
            assert is_expected("a")
        monkeypatch.delenv("SHM_PUB_SUB_TRUST")
        monkeypatch.setenv("SUDO_UID", "61002")
        assert is_expected("a")
        os.chown(path, 0, 0)
        monkeypatch.delenv("SUDO_UID")
        assert is_expected("a")
    assert not is_expected("a"), "gone"


@pytest.mark.parametrize("verb", ["echo", "top"])
def test_more_topics_than_descriptors(cli: Cli, verb: str) -> None:
    """Some 400 topics, and a limit of 128: a line for ten of them, and their number."""
    with ExitStack() as stack:
        for n in range(100):
            stack.enter_context(shm_pub_sub.Publisher(f"t{n:02}", 0)).publish(n)
        program = f'ulimit -n 64; exec "{PROGRAM}" "$@"'
        last = {"echo": ["--once", "--timeout", "9"], "top": ["-n", "1"]}[verb]
        words = ("bash", "-c", program, "bash", verb, "t*", *last)
        process = run(*words, env=os.environ | ENVIRONMENT, timeout=60)
    if verb == "top":  # each has its row, and not each a value
        assert (
            process.stderr.count("topics without values: this process may have only 64 desc") == 1
        )
        assert "100 topics, 100 alive" in process.stdout
        return
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert "too many open files" in line
    assert line.count(", t") == 10
    assert len(process.stdout.splitlines()) + int(line.split()[3]) == 100


@pytest.mark.parametrize("verb", ["echo --once", "hz -n 1 -i 0.1", "delay -n 1 -i 0.1", "top -n 1"])
def test_a_soft_limit_of_descriptors_leaves_none_out(verb: str) -> None:
    with ExitStack() as stack:
        for n in range(100):
            stack.enter_context(shm_pub_sub.Publisher(f"t{n:02}", 0)).publish(n)
        program = f'ulimit -Sn 64; exec "{PROGRAM}" {verb} "t*"'
        process = run("bash", "-c", program, env=os.environ | ENVIRONMENT, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    assert {f"t{n:02}" for n in range(100)} <= set(re.findall(r"\bt\d\d\b", process.stdout))


@pytest.mark.usefixtures("damaged")
def test_topic_that_becomes_readable_joins_in(cli: Cli) -> None:
    echo = cli.start("echo", "robot/*")
    assert "left out: " in echo.line(echo.stderr)
    with shm_pub_sub.Publisher("robot/arm", 0) as pub:  # it replaces what is damaged
        pub.publish(5)
        assert echo.line() == "robot/arm: 5"
        out, err = interrupt(echo)
    assert (out, err) == ("", "")


def test_directory_that_is_not_there_is_an_error_of_plot(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_DIR", "/nowhere")
    for topic in ("robot/arm", "robot/*"):
        ended = run_cli("plot", topic, "--once", "--duration", 0.1)
        assert ended.returncode == 1
        assert "expected the directory /nowhere" in ended.stderr


@pytest.mark.usefixtures("damaged")
def test_screens_say_it_when_they_end(terminal: StartTerminal) -> None:
    for verb, shown in (("top", "1 left out"), ("plot", "robot/arm: cannot be read")):
        started = terminal(verb, "robot/*")
        started.wait_for(lambda lines, shown=shown: shown in "\n".join(lines))  # type: ignore[misc]
        assert "left out: " not in started.written
        started.type("\x03")
        assert started.end() == 1
        _, _, after = started.written.rpartition("\x1b[?1049l")
        assert after.count("left out: ") == 1


@pytest.mark.usefixtures("damaged")
def test_top_says_it_to_programs(run_cli: RunCli) -> None:
    found = json.loads(run_cli("top", "-n", 1, "--format", "json").stdout)
    assert found["topics"] == []
    assert list(found["left_out"]) == ["robot/arm"]
    assert 'expected "SHMPUBSB"' in found["left_out"]["robot/arm"]


@pytest.mark.usefixtures("damaged")
def test_clean_says_what_stays(run_cli: RunCli) -> None:
    ended = run_cli("clean")
    assert (ended.returncode, ended.stdout) == (0, "nothing to remove\n")
    assert "'robot/arm' stays: damaged or of another version" in ended.stderr


@needs_root
def test_info_says_why_there_is_no_value(run_cli: RunCli, shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)
    with shm_pub_sub.Publisher("odd", 0, mode=0o644) as pub:
        pub.publish(1)
        os.chown(shm_dir / "shm_pub_sub.odd", 61002, 61002)
        ended = run_cli("info", "odd")
    assert "died" not in ended.stdout
    assert "newest:    unreadable: " in ended.stdout
    assert "pass trust=" in ended.stdout
