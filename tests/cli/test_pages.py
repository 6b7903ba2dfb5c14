"""Every command in the pages on the command line prints what the page says (_page.py says how)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.paths import DOCS

from ._page import Command, Section, sections, shape
from .conftest import ENVIRONMENT, PROGRAM

PAGES = DOCS / "command-line"
PATH = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
PRELUDE = '__import__("signal").alarm(170)\n'  # it does not outlive a killed test run for long
DEADLINE = 30.0  # seconds

# Ctrl-C works even where the tests run in the background; and so do the commands of a venv.
BASH = ["env", "--default-signal=INT", "bash", "-c"]


def _found() -> list[object]:
    return [
        pytest.param(section, id=f"{page.name}:{section.line}")
        for page in sorted(PAGES.glob("*.md"))
        for section in sections(page)
    ]


@pytest.mark.parametrize("section", _found())
def test_commands_of_a_page_print_what_it_says(
    section: Section, tmp_path: Path, shm_dir: Path
) -> None:
    with _domain(section.program, tmp_path):
        status = 0
        for command in section.commands:
            status, output = _run(command, status, tmp_path)
            lines = shape(command.expected)
            assert lines.fullmatch(output), f"line {command.line}: {command.text}\n{output}"
    for path in shm_dir.iterdir():  # what publishers were killed with
        path.unlink()


@contextmanager
def _domain(program: str, folder: Path) -> Iterator[None]:
    """Run the program that prepares it, as `python publisher.py`, as long as commands run."""
    (folder / "publisher.py").write_text(PRELUDE + program, encoding="utf-8")
    process = subprocess.Popen(
        ["python", "publisher.py"],
        executable=sys.executable,
        cwd=folder,
        env=os.environ | ENVIRONMENT | {"PATH": PATH, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert not program or process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.communicate()


def _run(command: Command, status: int, folder: Path) -> tuple[int, str]:
    """Run it to its end, or until it has printed what the page says and Ctrl-C ends it."""
    process = subprocess.Popen(
        [*BASH, f"(exit {status})\n{command.text}"],  # $? is the last command's
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=os.environ | ENVIRONMENT | {"PATH": PATH, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    output, deadline = b"", time.monotonic() + DEADLINE
    os.set_blocking(process.stdout.fileno(), False)
    try:
        if command.interrupted:
            lines = shape(command.expected)
            while not lines.match(output.decode()):
                assert process.poll() is None, f"it ended: {output.decode()}"
                assert time.monotonic() < deadline, f"{command.text}: {output.decode()}"
                output += process.stdout.read() or b""
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
        os.set_blocking(process.stdout.fileno(), True)
        rest, _ = process.communicate(timeout=deadline - time.monotonic())
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    text = (output + rest).decode()
    if command.interrupted:  # what came between the page's last line and Ctrl-C is more of it
        matched = shape(command.expected).match(text)
        assert "Traceback" not in text
        text = matched[0] if matched else text
    return process.returncode, text


def test_shape_is_the_same_words_with_other_numbers_and_spaces() -> None:
    assert shape(["1.2 s ago, in /dev/shm"]).fullmatch("3 ms ago, in /dev/shm\n")
    assert not shape(["1.2 s ago"]).fullmatch("3 Hz ago\n")
    lines = shape(["robot/speed  float  12.5 Hz", "..."])
    assert lines.fullmatch("robot/speed float     3 Hz\n")
    assert lines.fullmatch("robot/speed float     3 Hz\nmore\nand more\n")
    assert not lines.fullmatch("robot/speed int     3 Hz\n")
    assert not lines.fullmatch("robot/speed float  fast Hz\n")
    assert not lines.fullmatch("a line before\nrobot/speed float     3 Hz\n")


def test_page_that_is_wrong_fails(tmp_path: Path, shm_dir: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n", encoding="utf-8")
    (section,) = sections(page)
    with pytest.raises(AssertionError, match="line 2: echo one"):
        test_commands_of_a_page_print_what_it_says(section, tmp_path, shm_dir)


def test_page_goes_on_until_ctrl_c(tmp_path: Path, shm_dir: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ seq 1 3; sleep 100\n1\n...\n3\n^C\n$ echo $?\n130\n```\n", encoding="utf-8"
    )
    (section,) = sections(page)
    test_commands_of_a_page_print_what_it_says(section, tmp_path, shm_dir)
