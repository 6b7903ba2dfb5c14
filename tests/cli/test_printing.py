"""Whatever names others have chosen, what is printed only prints: every verb, both streams."""

import ast
import csv
import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from hypothesis import given
from hypothesis import strategies as st
from shm_pub_sub import _cli as package
from shm_pub_sub._cli.verbs import VERBS
from shm_pub_sub._text import printable, table
from support.programs import Ended, run
from support.waiting import until

from ._reading import interrupt, record
from .conftest import ENVIRONMENT, Cli, RunCli, StartTerminal

# A title and a cleared screen, by C0 and by C1; DEL; bidi overrides and isolates; every kind of
# newline; what has no width.
ODD = (
    "\x1b]0;owned\x07\x1b[2J\b\x7f\x9b2J\x9d0;owned\x9c\u202eright\u2066left\u200f"
    "\r\n\v\f\x85\u2028\u2029\t\u200b\ufeffend"
)
NAME = f"robot/{ODD}"
SPREAD = "\n\t"  # of hz and delay


def only_prints(text: str) -> bool:
    """Whether there are only printable characters and ends of lines."""
    return text.replace(SPREAD, "").replace("\n", "").isprintable()


def check(ended: Ended, code: int = 0) -> None:
    assert ended.returncode == code, ended.stderr
    assert only_prints(ended.stdout), ended.stdout
    assert only_prints(ended.stderr), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "owned" in ended.stdout + ended.stderr  # it was named, so the test shows something


@pytest.fixture
def topic() -> Iterator["shm_pub_sub.Publisher[float]"]:
    with shm_pub_sub.Publisher(NAME, 0.0, 10) as pub:
        pub.publish_many([1.5, 2.5])
        yield pub


@pytest.fixture
def damaged() -> Iterator[None]:
    """A file that is no topic, under the same name."""
    with shm_pub_sub.Publisher(NAME, 0):
        path = Path(shm_pub_sub.inspect(NAME).path)
    path.write_bytes(b"\x1b[2J" * 4096)
    yield
    path.unlink(missing_ok=True)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file of others, whose topics, schemas and messages have such names."""
    writer_of = pytest.importorskip("mcap.writer").Writer
    path = tmp_path / f"{ODD.replace('/', '')}.mcap"
    with path.open("wb") as file:
        writer = writer_of(file)
        writer.start(profile=ODD, library=ODD)
        shape = b'{"type": "object", "properties": {"value": {"type": "number"}}}'
        usable = writer.register_schema(ODD, "jsonschema", shape)
        others = [
            ("json", writer.register_schema(f"schema {ODD}", "jsonschema", b"{}")),
            (f"encoding {ODD}", writer.register_schema(ODD, f"of {ODD}", b"")),
            ("json", 0),
        ]
        channels = [writer.register_channel(NAME, "json", usable, {ODD: ODD})]
        channels += [
            writer.register_channel(f"{number}{ODD}", encoding, schema)
            for number, (encoding, schema) in enumerate(others)
        ]
        for channel in channels:
            writer.add_message(channel, 1, b'{"value": 1.5}', 1)
        writer.finish()
    return path


LOOKING = [
    ["list"],
    ["list", "-t"],
    ["list", "-v"],
    ["info", NAME],
    ["echo", "robot/*", "[r]*", "--once"],
    ["echo", "robot/*", "[r]*", "--once", "-T"],
    ["hz", "robot/*", "--count", 1, "-i", 0.1],
    ["delay", "robot/*", "--count", 1, "-i", 0.1],
    ["top", "-n", 1],
    ["plot", "robot/*", "--once", "--duration", 0.2],
    ["clean", "--force", "--dry-run"],
    ["record", "robot/*", "-d", 0.2, "-o", f"{ODD}.mcap"],
]


@pytest.mark.parametrize(
    "arguments", LOOKING, ids=lambda a: "-".join(map(str, a[:2])).partition("\x1b")[0]
)
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.usefixtures("topic")
def test_topic(run_cli: RunCli, arguments: list[object], form: str, tmp_path: Path) -> None:
    check(run_cli("--format", form, *arguments, cwd=tmp_path))


@pytest.mark.usefixtures("topic")
def test_topic_in_csv_where_a_newline_is_quoted(run_cli: RunCli) -> None:
    ended = run_cli("echo", NAME, "--once", "--csv")
    check(ended)
    _, (_, name, *_) = csv.reader(io.StringIO(ended.stdout))
    assert name == "\n".join(map(printable, NAME.split("\n")))


DAMAGED = [
    (["list", "-v"], 0),
    (["list", "--format", "json"], 0),
    (["info", NAME], 1),
    (["echo", NAME], 1),
    (["echo", "robot/*", "--timeout", 0.2], 3),
    (["hz", NAME], 1),
    (["delay", NAME], 1),
    (["pub", NAME, "true", "--once", "--format", "json"], 0),
    (["rm", NAME], 0),
    (["rm", "robot/*"], 0),
    (["clean", "--force", "--yes"], 0),
    (["doctor"], 0),
    (["doctor", "--format", "json"], 0),
]


@pytest.mark.parametrize(("arguments", "code"), DAMAGED)
@pytest.mark.usefixtures("damaged")
def test_damaged_topic(run_cli: RunCli, arguments: list[object], code: int) -> None:
    check(run_cli(*arguments), code)


ABSENT = [
    (["info", f"{NAME}d"], 1),  # did you mean ...?
    (["rm", f"{NAME}d"], 1),
    (["echo", f"{NAME}d", "--timeout", 0.1], 3),
    (["echo", f"{NAME}*d", "--timeout", 0.1], 3),
    (["hz", f"{NAME}d", "--timeout", 0.1, "-i", 0.1], 3),
    (["plot", f"{NAME}d", "--once", "--duration", 0.1], 3),
    (["pub", NAME, "1"], 1),
    (["pub", "other", ODD], 2),
    (["play", ODD], 1),
    (["play", f"/{ODD}/no"], 1),
    (["record", "-o", f"/{ODD}/no"], 1),
    (["plot", NAME, "-o", f"/{ODD}/no.png"], 1),
    (["plot", NAME, "-o", ODD], 1),
    ([ODD], 2),
    (["list", f"--{ODD}"], 2),
    (["list", "--format", ODD], 2),
    (["list", f"--for={ODD}"], 2),
    (["echo", NAME, "--interval", ODD], 2),
    (["echo", NAME, "--count", ODD], 2),
    (["play", "file", "-m", ODD], 2),
    (["pub", NAME, "1", "--mode", ODD], 2),
    (["bench", ODD], 2),
    (["bench", f"--duration={ODD}"], 2),
]


@pytest.mark.parametrize(("arguments", "code"), ABSENT)
@pytest.mark.usefixtures("topic")
def test_wrong_argument(run_cli: RunCli, arguments: list[object], code: int) -> None:
    check(run_cli(*arguments), code)


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"demo", "play", "record", "recording"}))
def test_directory(run_cli: RunCli, verb: str) -> None:
    environment = os.environ | ENVIRONMENT | {"SHM_PUB_SUB_DIR": f"/nowhere/{ODD}"}
    _, example = VERBS[verb]
    check(run_cli(*shlex.split(example), env=environment), code=1)


@pytest.mark.parametrize(
    "arguments",
    [["none"], [], ["-m", "a:=b"]],
)
def test_recording(run_cli: RunCli, recording: Path, arguments: list[str]) -> None:
    code = 1 if "none" in arguments or "-m" in arguments else 0
    check(run_cli("play", recording, *arguments), code)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_in_a_recording(run_cli: RunCli, recording: Path, form: str) -> None:
    check(run_cli("recording", "info", recording, "--format", form))


@pytest.mark.usefixtures("topic")
def test_recording_of_a_live_topic(run_cli: RunCli, recording: Path) -> None:
    check(run_cli("play", recording), 1)


def test_recorder_names_topics_of_which_it_lost_values(cli: Cli, tmp_path: Path) -> None:
    with shm_pub_sub.Publisher(NAME, 0, 1) as pub:
        recorder = record(cli, "-o", tmp_path / "run.mcap")
        recorder.send_signal(signal.SIGSTOP)
        pub.publish_many([0] * 1000)
        recorder.send_signal(signal.SIGCONT)
        recorder.send_signal(signal.SIGINT)
        out, err = recorder.communicate(timeout=30)
    check(Ended([], recorder.returncode, out, err))


def test_what_follows_a_topic(cli: Cli, topic: "shm_pub_sub.Publisher[float]") -> None:
    """Remarks that come later: a loss, an end, another publisher's type."""
    echo = cli.start("echo", "robot/*")
    written = echo.line()
    topic.publish_many([0.0] * 100_000)
    topic.close()
    with shm_pub_sub.Publisher(NAME, 0) as again:
        again.publish(7)
        while not written.endswith(": 7"):
            written = echo.line()
            assert only_prints(written)
        out, err = interrupt(echo)
    assert only_prints(out + err)
    assert "lost" in err


@pytest.mark.parametrize(
    "arguments", [["top", "-i", 0.1], ["plot", "robot/*"], ["list", "-v"], ["top", "-n", 2]]
)
@pytest.mark.usefixtures("topic")
def test_screen(terminal: StartTerminal, arguments: list[object]) -> None:
    started = terminal(*arguments, columns=200)
    until(lambda: started.screen() and "owned" in started.written, "the name")
    started.process.send_signal(2)
    started.end()
    written = started.written
    assert not any(odd in written for odd in ("\x1b]", "\x1b[2J", "\x07", "\b", "\x9b", "\u202e"))
    assert "Traceback" not in written


@pytest.mark.usefixtures("damaged")
def test_question(terminal: StartTerminal) -> None:
    started = terminal("clean", "--force")
    until(lambda: started.screen() and "[y/N] " in started.written, "the question")
    started.type("n\n")
    assert started.end() == 1
    assert only_prints(started.written.replace("\r\n", "\n"))
    assert "to be removed: robot/" in started.written


def test_traceback() -> None:
    """Even of a bug in a verb nothing reaches the terminal that is not printable."""
    program = f"""
import sys, shm_pub_sub._cli, shm_pub_sub._cli.verbs.list as verb
def broken(options): raise LookupError({ODD!r})
verb.run = broken
sys.exit(shm_pub_sub._cli.main(["list"]))
"""
    ended = run(sys.executable, "-c", program)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Traceback")
    assert only_prints(ended.stderr)


def test_name_that_no_keyboard_types_is_not_completed() -> None:
    pytest.importorskip("argcomplete")
    from .test_completion import complete  # noqa: PLC0415 - it is skipped as a whole otherwise

    with shm_pub_sub.Publisher(NAME, 0), shm_pub_sub.Publisher("robot/arm", 0):
        assert complete("shm-pub-sub info robot/") == ["robot/arm"]


@given(st.text(st.characters(exclude_categories=[])))
def test_printable_is_one_line_that_prints(text: str) -> None:
    found = printable(text)
    assert found.isprintable()
    found.encode()  # it has no lone surrogate
    assert printable(found) == found
    assert table([["a", "b"], [text, text]]).count("\n") == 1


def test_one_module_prints() -> None:
    """A new verb that prints by itself would pass by printable()."""
    folder = Path(package.__file__).parent
    printers = {folder / "output.py", folder.parent / "_log.py"}
    found = []
    for path in folder.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            prints = isinstance(node, ast.Name) and node.id == "print"
            writes = isinstance(node, ast.Attribute) and node.attr in ("write", "writelines")
            to_us = writes and ast.unparse(node).startswith(("sys.", "stdout", "stderr"))
            if (prints or to_us) and path not in printers:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []
