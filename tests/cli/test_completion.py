"""Shell completion, asked for as argcomplete's shell code asks: by environment and descriptor 8."""

import os
import sys
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli.verbs import VERBS
from support.programs import run

from .conftest import PROGRAM

pytest.importorskip("argcomplete")


def complete(line: str, *program: str) -> list[str]:
    """What the shell offers where the cursor stands at the line's end."""
    words = program or (str(PROGRAM),)  # of which the last is the program's name on the line
    shell = ("bash", "-c", '"$@" 8>&1 9>&2 1>/dev/null', "bash")
    asked = {
        "_ARGCOMPLETE": str(max(1, len(program))),
        "_ARGCOMPLETE_IFS": "\013",
        "_ARGCOMPLETE_SHELL": "bash",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line.encode())),
        "COMP_TYPE": "9",
    }
    ended = run(*shell, *words, env=os.environ | asked)
    assert ended.stderr == ""
    return sorted(word.strip() for word in ended.stdout.split("\013") if word)


def test_verbs() -> None:
    assert set(VERBS) <= set(complete("shm-pub-sub "))
    assert complete("shm-pub-sub do") == ["doctor"]
    assert complete("shm-pub-sub --format json li") == ["list"]


def test_options_of_a_verb() -> None:
    assert complete("shm-pub-sub clean --d") == ["--dry-run"]
    assert complete("shm-pub-sub list --format ") == ["json", "text"]


def test_bridges() -> None:
    assert complete("shm-pub-sub bridge ro") == ["router"]
    assert complete("shm-pub-sub bridge --no-") == ["--no-receive", "--no-send"]
    assert complete("shm-pub-sub bridge router --conn") == ["--connect"]
    assert complete("shm-pub-sub bridge router --se") == []
    with shm_pub_sub.Publisher("robot/arm", 0):
        for option in ("--send", "--receive", "--every", "--exclude"):
            assert complete(f"shm-pub-sub bridge {option} robot/") == ["robot/arm"]


@pytest.mark.parametrize("verb", ["list", "info", "rm", "clean"])
def test_topics(verb: str) -> None:
    names = ["robot/speed", "robot/arm", "estop"]
    publishers = [shm_pub_sub.Publisher(name, 0) for name in names]
    assert complete(f"shm-pub-sub {verb} robot/") == ["robot/arm", "robot/speed"]
    assert complete(f"shm-pub-sub {verb} es") == ["estop"]
    for publisher in publishers:
        publisher.close()


def test_topics_that_the_locale_cannot_express_are_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(variable, value)
    with shm_pub_sub.Publisher("robot/tür", 0), shm_pub_sub.Publisher("robot/arm", 0):
        assert complete("shm-pub-sub info robot/") == ["robot/arm"]


def test_no_topics_where_there_is_no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_DIR", "/nowhere")
    assert complete("shm-pub-sub info robot") == []


def test_python_m_is_completed_as_well() -> None:
    line = "python -m shm_pub_sub inf"
    assert complete(line, sys.executable, "-m", "shm_pub_sub") == ["info"]


def test_argcomplete_finds_its_mark() -> None:
    """Where completion is switched on for all programs it reads only the first 1,024 bytes."""
    import shm_pub_sub._cli  # noqa: PLC0415

    folder = Path(str(shm_pub_sub._cli.__file__)).parent
    for path in (folder / "__init__.py", folder.parent / "__main__.py"):
        assert b"PYTHON_ARGCOMPLETE_OK" in path.read_bytes()[:1024]
    for module, argument in (("_check_console_script", PROGRAM), ("_check_module", "shm_pub_sub")):
        ended = run(sys.executable, "-m", f"argcomplete.{module}", str(argument))
        assert ended.returncode == 0, ended.stderr
