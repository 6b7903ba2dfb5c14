"""A build in another folder, without a home, a network or a loose umask: the same bytes."""

import os
import pwd
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.programs import run

import build_machine

from .conftest import pip_wheel

pytestmark = pytest.mark.timeout(600)  # builds

NO_HOME = "/dev/null"  # not a folder: not even root can write below it
HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
FOLDERS = ("GOCACHE", "GOMODCACHE", "GOPATH")
GENERATE = "import build; build.generate(build.BUILD / 'code', build.go_environment())"


def contents(wheel: Path) -> dict[str, object]:
    with zipfile.ZipFile(wheel) as packed:
        return {i.filename: (i.date_time, i.external_attr, i.CRC) for i in packed.infolist()}


def go(environment: dict[str, str], folder: Path, *command: str) -> str:
    done = run("go", *command, cwd=folder, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def foreign(go_environment: dict[str, str]) -> dict[str, str]:
    """The environment of a user whose home folder holds nothing."""
    kept = {key: value for key, value in os.environ.items() if key not in (*HOMES, *FOLDERS)}
    return kept | {"PATH": go_environment["PATH"], "HOME": NO_HOME}


@pytest.mark.soak
def test_the_wheel_is_the_same(
    wheel: Path,
    source: Path,
    foreign: dict[str, str],
    go_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """From the source distribution; of its modules, no more than what this machine has fetched."""
    shared, modules = go(go_environment, source, "env", "GOCACHE", "GOMODCACHE").splitlines()
    own = source / "build" / "go"
    own.mkdir(parents=True)
    (own / "cache").symlink_to(shared)  # or the test would compile all of Go's runtime
    proxy = {"GOPROXY": f"file://{modules}/cache/download", "GONOSUMDB": "*"}
    again = pip_wheel(source, tmp_path / "wheels", env=foreign | proxy, umask=0o077)
    assert contents(again) == contents(wheel)
    assert again.read_bytes() == wheel.read_bytes()
    assert list((own / "modules").iterdir())
    folders = [folder for folder in own.rglob("*") if folder.is_dir()]
    assert [folder for folder in folders if not folder.stat().st_mode & 0o200] == []


def test_generated_functions_are_in_order(source: Path) -> None:
    """gopy has them in a map."""
    subprocess.run([sys.executable, "-c", GENERATE], cwd=source, check=True, capture_output=True)
    code = source / "build" / "code"
    exported = re.findall(r"(?m)^//export (bind_\w+)$", (code / "shmpubsub.go").read_text())
    wrapped = re.findall(r"(?m)^_wrap__shmpubsub_(bind_\w+)\(", (code / "shmpubsub.c").read_text())
    assert len(exported) == len(wrapped) > 30
    made = [name for name in exported if name.endswith("_CTor")]
    others = [name for name in exported if not name.endswith("_CTor")]
    assert (made, others) == (sorted(made), sorted(others))
    assert wrapped == sorted(wrapped, key=lambda name: wrappers(code).index(f"'{name}'"))
    assert str(source) not in (code / "shmpubsub.go").read_text()


def wrappers(code: Path) -> str:
    lines = (code / "build.py").read_text().splitlines()
    added = [line for line in lines if re.match(r"mod\.add_function|add_checked", line)]
    assert added == sorted(added)
    return "\n".join(added)


@pytest.mark.soak
def test_vendored_modules_are_all_that_a_build_imports(
    source: Path, go_environment: dict[str, str], tmp_path: Path
) -> None:
    go(go_environment, source, "mod", "vendor")
    offline = {"GOFLAGS": "-mod=vendor", "GOPROXY": "off", "GOMODCACHE": str(tmp_path / "none")}
    env = os.environ | offline
    done = run(sys.executable, "-c", GENERATE, cwd=source, env=env, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    imported = go(go_environment | offline, source, "list", "-deps", "./build/code").splitlines()
    assert "github.com/go-python/gopy/gopyh" in imported


@pytest.mark.parametrize("home", [NO_HOME, None])
def test_without_a_home_go_works_in_build(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*HOMES, *FOLDERS):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    found = build_machine.go_environment()
    assert all(Path(found[name]).is_relative_to(build_machine.BUILD) for name in FOLDERS)
    assert "-modcacherw" in found["GOFLAGS"].split()
    names = go(found, build_machine.ROOT, "env", "GOCACHE", "GOMODCACHE").splitlines()
    assert all(Path(name).is_relative_to(build_machine.BUILD) for name in names)


def test_without_an_account_pip_has_folders_in_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest one ends with a traceback, if it has neither these nor a home."""

    def unknown(_: int) -> None:
        raise KeyError

    for name in HOMES:
        monkeypatch.setenv(name, "")  # which puts back what was there, whatever is set meanwhile
        del os.environ[name]
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    build_machine.provide_home()
    folders = [Path(os.environ[name]) for name in HOMES if name != "HOME"]
    assert len(folders) == 2
    assert all(folder.is_relative_to(build_machine.BUILD) for folder in folders)


def test_with_a_home_no_other_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HOMES:
        monkeypatch.delenv(name, raising=False)
    build_machine.provide_home()
    assert not set(HOMES) & os.environ.keys()


def test_a_writable_home_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*HOMES, *FOLDERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = build_machine.go_environment()
    assert not set(FOLDERS) & found.keys()
    assert "-modcacherw" not in found.get("GOFLAGS", "")


def test_folders_that_variables_name_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", NO_HOME)
    for name in FOLDERS:
        monkeypatch.setenv(name, f"/dev/null/{name}")
    found = build_machine.go_environment()
    assert {name: found[name] for name in FOLDERS} == {n: f"/dev/null/{n}" for n in FOLDERS}
