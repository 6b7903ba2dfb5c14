"""Paths are bytes and names are text, in any locale."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shm_pub_sub import Publisher, topics
from support.programs import OPTIONS, Start, run

LATIN_1 = "de_DE.ISO-8859-1"
ENVIRONMENTS = {
    "utf-8": {"LC_ALL": "C.UTF-8"},
    "iso8859-1": {"LC_ALL": LATIN_1},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "utf-8 mode by the C locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "utf-8 mode in iso8859-1": {"LC_ALL": LATIN_1, "PYTHONUTF8": "1"},
}
ENCODINGS = {"iso8859-1": "iso8859-1", "ascii": "ascii"}
"""The file system's encoding, if it is not UTF-8."""

FOLDERS = {
    "ascii": b"plain",
    "umlaut in utf-8": "\u00e4".encode(),
    "umlaut in iso8859-1": b"\xe4",
    "no text": b"\xff\xfe\xed\xa0\x80",
}
NAME = "stra\u00dfe/\u673a"


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A folder with the German locale in ISO-8859-1, which hardly any machine has."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is not None:
        command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", folder / LATIN_1]
        subprocess.run(command, check=False, capture_output=True)
    return folder if (folder / LATIN_1 / "LC_CTYPE").exists() else None


@pytest.fixture(params=ENVIRONMENTS)
def kind(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def environment(kind: str, locales: Path | None) -> dict[str, str]:
    variables = ENVIRONMENTS[kind]
    if variables["LC_ALL"] == LATIN_1:
        if locales is None:
            pytest.skip("no localedef, or no sources of this locale (Debian: locales)")
        variables = variables | {"LOCPATH": str(locales)}
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    return clean | variables


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The domain of this process and of the programs that it starts."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + FOLDERS[request.param]))
    path.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(path))
    return path


USE = """
import json, os, sys
from shm_pub_sub import *

name = json.loads(sys.argv[1])
where = os.environb[b"SHM_PUB_SUB_DIR"]

def error(use):
    try:
        use()
    except ShmError as error:
        return str(error)

with Publisher(name, 0) as pub, Subscriber(name, 0) as sub:
    pub.publish(1)
    info = inspect(name)
    files = [os.fsencode(path).decode("latin-1") for path in (os.listdir(where)[0], info.path)]
    values = sub.recv(), os.stat(info.path).st_blocks * 512 == info.nbytes
    names = [topic.name for topic in topics()]
    os.environb[b"SHM_PUB_SUB_DIR"] = where + b"/absent"
    errors = [error(lambda: Publisher(name, 0)), error(lambda: Subscriber(name, 0)), error(topics)]
    os.environb[b"SHM_PUB_SUB_DIR"] = where
    errors.append(error(lambda: Publisher(name, 0)))
with Publisher("retained", 0, retain=True) as pub:
    pub.publish(1)
remove("retained")
print(json.dumps([sys.getfilesystemencoding(), files, values, names, errors]))
print("received", json.loads(sys.stdin.readline()) == Subscriber(name, 0).recv(timeout=20))
"""


def test_topics_are_where_the_bytes_of_the_variable_say(
    start_python: Start, kind: str, environment: dict[str, str], folder: Path
) -> None:
    domain = {"SHM_PUB_SUB_DIR": str(folder)}
    program = start_python(USE, json.dumps(NAME), env=environment | domain)
    encoding, files, values, names, errors = json.loads(program.line())
    assert encoding.replace("_", "-") == ENCODINGS.get(kind, "utf-8")
    file = b"shm_pub_sub.stra%C3%9Fe%2F%E6%9C%BA"
    there = os.fsencode(folder)
    assert [name.encode("latin-1") for name in files] == [file, there + b"/" + file]
    assert values == [1, True]
    assert names == [NAME]
    *absent, exists = errors
    for text in absent:
        text.encode()  # no lone surrogate, which a log would choke on
        shown = [there.decode(e, "backslashreplace") + "/absent" for e in ("utf-8", encoding)]
        assert any(path in text for path in shown), (shown, text)
    assert NAME in exists
    # Across locales: what this process publishes the program receives.
    with Publisher(NAME, 0) as pub:
        pub.publish(7)
        assert [topic.name for topic in topics()] == [NAME]
        program.tell(7)
        assert program.stdout.read() == "received True\n"
    assert program.wait(30) == 0


@pytest.mark.parametrize("folder", ["umlaut in iso8859-1"], indirect=True)
def test_command_line_takes_and_shows_names_and_paths(
    kind: str, environment: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    encoding = ENCODINGS.get(kind, "utf-8")

    def shm_pub_sub(*arguments: str | bytes) -> bytes:
        command = [sys.executable, *OPTIONS, "-m", "shm_pub_sub", *arguments]
        env = environment | {"SHM_PUB_SUB_DIR": str(folder)}
        ended = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    name = "stra\u00dfe"
    given = name.encode("iso8859-1" if encoding == "iso8859-1" else "utf-8")
    with Publisher(name, 1, retain=True) as pub:
        pub.publish(5)
        assert shm_pub_sub("list").strip() == name.encode(encoding, "backslashreplace")
        assert json.loads(shm_pub_sub("--format=json", "list"))["name"] == name
        if encoding == "ascii":
            return  # which has no way to write the name
        assert b"\n5\n" in b"\n" + shm_pub_sub("echo", "--once", given)
        facts = json.loads(shm_pub_sub("--format=json", "info", given))
        path = facts["path"].encode(encoding, "surrogateescape")
        assert path == os.fsencode(folder) + b"/shm_pub_sub.stra%C3%9Fe"
        recording = os.fsencode(tmp_path) + b"/\xe4.mcap"
        shm_pub_sub("record", "-o", recording, "--count=1", given)
        assert Path(os.fsdecode(recording)).stat().st_size > 0
    shm_pub_sub("rm", given)
    shm_pub_sub("play", recording)
    shm_pub_sub("rm", given)  # which is retained again, as it was recorded
    verdicts = [json.loads(line) for line in shm_pub_sub("--format=json", "doctor").splitlines()]
    assert {v["verdict"] for v in verdicts} <= {"ok", "warn"}
    (kind_of_file_system,) = (v["found"] for v in verdicts if v["check"] == "file system")
    assert "unknown" not in kind_of_file_system
    assert os.listdir(folder) == []  # noqa: PTH208


def test_name_that_the_locale_cannot_express_is_an_error(shm_dir: Path) -> None:
    command = (sys.executable, "-m", "shm_pub_sub", "echo", "--once", "stra\u00dfe".encode())
    env = os.environ | ENVIRONMENTS["ascii"]
    ended = run(*command, env=env, timeout=300)
    assert ended.returncode == 1
    assert "expected text that UTF-8 can encode" in ended.stderr
    assert list(shm_dir.iterdir()) == []


def test_mount_points_are_found_by_their_bytes(tmp_path: Path, locales: Path | None) -> None:
    """doctor's check of a file system whose mount's name is not UTF-8."""
    point = os.fsencode(tmp_path) + b"/\xe4 b"
    os.mkdir(point)  # noqa: PTH102
    if run("unshare", "-m", "mount", "-t", "tmpfs", "none", point).returncode:
        pytest.skip("this process may not mount")
    code = (
        "import sys; from shm_pub_sub._checks.directory import file_system; "
        "print(file_system(sys.argv[1]).found)"
    )
    script = 'mount -t tmpfs none "$1" && exec "$2" -c "$3" "$1"'
    for variables in (
        ENVIRONMENTS["utf-8"],
        *([{"LC_ALL": LATIN_1, "LOCPATH": str(locales)}] if locales else []),
    ):
        command = ("unshare", "-m", "sh", "-c", script, "sh", point, sys.executable, code)
        ended = run(*command, env=os.environ | variables, check=True)
        assert ended.stdout == "tmpfs, in memory\n"
