"""What all verbs of shm-pub-sub have in common: streams, exit codes, help."""

import argparse
import fcntl
import importlib
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub import _cli as command_line
from shm_pub_sub import _text
from shm_pub_sub._cli.arguments import Parser
from shm_pub_sub._cli.verbs import VERBS
from support.paths import ROOT
from support.programs import VARIABLE, Ended, Run, run

from .conftest import PROGRAM, Cli, RunCli


def shell(command: str, **options: object) -> Ended:
    """Run a command of bash, in which $P is shm-pub-sub."""
    return run("bash", "-c", command, env=os.environ | VARIABLE | {"P": str(PROGRAM)}, **options)


@pytest.fixture
def many() -> Iterator[None]:
    """Topics whose names are more than a pipe or a buffer holds."""
    name = "x" * 200
    publishers = [shm_pub_sub.Publisher(f"{name}{n:03}", 0) for n in range(400)]
    yield
    for publisher in publishers:
        publisher.close()


@pytest.mark.usefixtures("many")
def test_head_takes_what_it_wants_without_a_complaint() -> None:
    ended = shell('$P list | head -n 1; echo "${PIPESTATUS[0]}"')
    assert ended.stdout == f"{'x' * 200}000\n141\n"
    assert ended.stderr == ""


def test_pipe_that_is_broken_at_the_last_flush() -> None:
    with shm_pub_sub.Publisher("topic", 0):
        ended = shell("($P list; echo $? >&2) | true; ($P --help; echo $? >&2) | true")
        read, write = os.pipe()
        os.close(read)
        broken = subprocess.run(
            [PROGRAM, "list"], stdout=write, stderr=subprocess.PIPE, timeout=30, check=False
        )
        os.close(write)
    assert set(ended.stderr.split()) <= {"0", "141"}, "where it was quicker than `true`, 0"
    assert (broken.returncode, broken.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">&-", "Bad file descriptor"), ("> /dev/full", "No space left on device")],
)
def test_stdout_that_takes_nothing_is_an_error(redirection: str, reason: str) -> None:
    with shm_pub_sub.Publisher("topic", 0):
        ended = shell(f"$P list {redirection}")
    assert ended.returncode == 1
    assert ended.stderr == f"shm-pub-sub: stdin or stdout: {reason}\n"


def test_closed_stdout_does_not_matter_to_who_prints_nothing(shm_dir: Path) -> None:
    assert shell("$P list 'none*' >&- <&-").returncode == 0
    ended = shell("$P rm none >&-; echo $?")
    assert ended.stdout == "1\n"
    assert "none" in ended.stderr


def test_closed_stderr_puts_no_error_on_stdout() -> None:
    ended = shell("$P info none 2>&-; echo $?")
    assert (ended.stdout, ended.stderr) == ("1\n", "")
    ended = shell("$P --nonsense 2>&-; echo $?")
    assert (ended.stdout, ended.stderr) == ("2\n", "")


def test_error_where_nobody_reads_stderr() -> None:
    read, write = os.pipe()
    os.close(read)
    broken = subprocess.run(
        [PROGRAM, "info", "none"],
        stderr=write,
        stdout=subprocess.PIPE,
        timeout=30,
        check=False,
        env={name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    os.close(write)
    assert (broken.returncode, broken.stdout) == (1, b"")


@pytest.mark.parametrize("arguments", [["lst"], ["--format", "json", "lst"], ["lst", "info"]])
def test_unknown_verb_has_a_suggestion(arguments: list[str], run_cli: RunCli) -> None:
    ended = run_cli(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "shm-pub-sub: unknown verb 'lst'; did you mean 'list'?\n"


def test_unknown_verb_like_none_points_to_help(run_cli: RunCli) -> None:
    ended = run_cli("zzzz")
    assert ended.returncode == 2
    assert (
        ended.stderr == "shm-pub-sub: unknown verb 'zzzz'; `shm-pub-sub --help` lists the verbs\n"
    )


def test_help_is_help(run_cli: RunCli) -> None:
    for asked, same in (
        (["help"], ["--help"]),
        (["help", "list"], ["list", "--help"]),
        (["--format", "json", "help", "list"], ["list", "--help"]),
        (["help", "help"], ["--help"]),
        (["list", "help"], ["list", "help"]),  # a topic of that name
    ):
        ended, expected = run_cli(*asked), run_cli(*same)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout == expected.stdout
    assert "usage: shm-pub-sub list" in run_cli("help", "list").stdout
    ended = run_cli("help", "lst")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "shm-pub-sub: unknown verb 'lst'; did you mean 'list'?\n"


def test_without_arguments_it_says_what_there_is_on_stderr(run_cli: RunCli) -> None:
    ended = run_cli()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == run_cli("--help").stdout
    for verb in VERBS:
        assert re.search(rf"^    {verb} ", ended.stderr, re.MULTILINE)


def test_every_verb_has_a_line_in_the_documentation() -> None:
    page = (ROOT / "docs/command-line/index.md").read_text()
    table, _, _ = page.partition("`shm-pub-sub help VERB`")
    assert set(re.findall(r"`(\w+)`", table)) == {*VERBS}


def test_wrong_option_is_wrong_usage(run_cli: RunCli) -> None:
    for option in ("--nonsense", "--verb", "--times=3"):  # no abbreviations, either
        ended = run_cli("list", option)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert f"shm-pub-sub list: error: unrecognized arguments: {option}" in ended.stderr
        assert ended.stderr.startswith("usage: shm-pub-sub list "), "the verb's own usage"


def test_every_verb_spells_an_option_the_same() -> None:
    spellings = set()
    for verb in VERBS:
        parser = Parser()
        importlib.import_module(f"shm_pub_sub._cli.verbs.{verb}").add_arguments(parser)
        spellings |= {tuple(action.option_strings) for action in parser._actions}
    flags = [flag for spelling in spellings for flag in spelling]
    assert sorted(flags) == sorted(set(flags))
    assert {("-n", "--count"), ("-i", "--interval"), ("-d", "--duration")} < spellings


def test_format_is_taken_before_and_after_the_verb(run_cli: RunCli) -> None:
    for arguments in (["--format", "json", "list", "-c"], ["list", "-c", "--format=json"]):
        assert json.loads(run_cli(*arguments).stdout) == {"count": 0}
    assert run_cli("--format", "text", "list", "-c").stdout == "0\n"
    assert run_cli("list", "--format", "xml").returncode == 2


def test_python_m_is_the_same_program(run_cli: RunCli) -> None:
    by_module = run(
        sys.executable, "-m", "shm_pub_sub", "list", "--help", env=os.environ | {"COLUMNS": "100"}
    )
    assert (by_module.returncode, by_module.stderr) == (0, "")
    assert by_module.stdout == run_cli("list", "--help").stdout
    assert by_module.stdout.startswith("usage: shm-pub-sub list ")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_understands_its_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, example = VERBS[verb]
    assert command_line.main([verb, "--help"]) == 0
    assert f"example: shm-pub-sub {example}\n" in capsys.readouterr().out
    options = command_line._make_parser(verb).parse_args(shlex.split(example))
    assert isinstance(options, argparse.Namespace)
    assert options.verb == verb


def test_what_the_encoding_lacks_is_an_escape(cli: Cli) -> None:
    with shm_pub_sub.Publisher("температура/\U0001f321", 0.0):
        ascii_only = cli.run("list", env=os.environ | {"PYTHONIOENCODING": "ascii"})
        utf_8 = cli.run("list", env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert ascii_only.stdout.startswith("\\u0442\\u0435")
    assert (ascii_only.returncode, ascii_only.stderr) == (0, "")
    assert utf_8.stdout == "температура/\U0001f321\n"


def test_argument_that_is_no_text_is_an_error(cli: Cli) -> None:
    ended = run(PROGRAM, "info", b"\xff")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "lone surrogate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_name_that_would_move_the_cursor_is_escaped(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("a\x1b[2J\nb", 0):
        assert run_cli("list").stdout == "a\\x1b[2J\\nb\n"
        assert run_cli("list", "-v").stdout.splitlines()[1].startswith("a\\x1b[2J\\nb ")


def test_wide_characters_keep_the_columns() -> None:
    lines = _text.table([("name", "n"), ("温度", "1"), ("e\u0301", "22")], right=[1]).splitlines()
    assert lines == ["name   n", "温度   1", "e\u0301     22"]


def test_missing_directory_is_said(cli: Cli) -> None:
    ended = cli.run("list", env=os.environ | {"SHM_PUB_SUB_DIR": "/nowhere"})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "create it, or name an existing one by SHM_PUB_SUB_DIR" in ended.stderr


INTERRUPTED_AT = """
import signal, sys
from shm_pub_sub import _cli
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder())
code = _cli.main(["list", "-v"])
print("ended by itself" if sys.argv[1] in sys.modules else "interrupted")
sys.exit(code)
"""


@pytest.mark.parametrize(
    "module", ["argparse", "shm_pub_sub._cli.verbs.list", "shm_pub_sub._topics", "json"]
)
def test_ctrl_c_while_it_starts(module: str, run_python: Run) -> None:
    with shm_pub_sub.Publisher("topic", 0):
        ended = run_python(INTERRUPTED_AT, module)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "interrupted\n", "")


def test_second_ctrl_c_ends_it_at_once(run_python: Run) -> None:
    """While it ends, by a publisher's close() perhaps, another one has no traceback either."""
    ended = run_python(
        INTERRUPTED_AT.replace("sys.exit(code)", "signal.raise_signal(signal.SIGINT)"), "argparse"
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_terminal_is_told_why_nothing_is_listed(shm_dir: Path) -> None:
    parent, child = pty.openpty()
    for arguments, remark in (
        (["list"], f"no topics in {shm_dir} (set "),
        (["list", "robot/*"], f"no matching topic in {shm_dir}"),
    ):
        ended = subprocess.run(
            [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=child, timeout=30, check=False
        )
        assert (ended.returncode, ended.stdout) == (0, b"")
        assert remark in os.read(parent, 1000).decode()
    os.close(parent)
    os.close(child)


def test_it_works_on_a_terminal() -> None:
    with shm_pub_sub.Publisher("topic", 0):
        parent, child = pty.openpty()
        fcntl.fcntl(parent, fcntl.F_SETFL, os.O_NONBLOCK)
        ended = subprocess.run([PROGRAM, "list"], stdout=child, timeout=30, check=False)
        assert os.read(parent, 100) == b"topic\r\n"
        os.close(parent)
        os.close(child)
    assert ended.returncode == 0
