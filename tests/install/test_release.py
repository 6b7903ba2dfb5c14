"""The wheels of a release: headers, names, settings, bills of materials; with soak all twelve."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from setuptools import Distribution
from support.paths import ROOT
from support.programs import run

sys.path.insert(0, str(ROOT / ".ci"))
sys.path.insert(0, str(ROOT))  # before PyPI's `build`

import build
import build_commands
import release
import release_build
import release_headers
from build_machine import INCLUDE
from build_target import HERE

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> release_headers.Headers:
    """This interpreter's, copied into a folder of this test."""
    monkeypatch.setattr(release_headers, "FOLDER", tmp_path / "headers")
    if not Path(INCLUDE, "Python.h").exists():
        pytest.skip("no headers of this Python here")
    return release_headers.copied(VERSION, Path(INCLUDE), "here")


def changed(headers: release_headers.Headers, name: str, pattern: str, other: str) -> None:
    path = Path(headers.include, name)
    text, found = re.subn(pattern, other, path.read_text(), count=1, flags=re.M)
    assert found == 1
    path.write_text(text)


def test_headers_of_this_interpreter_suit_this_machine(headers: release_headers.Headers) -> None:
    release_headers.check(headers, HERE)
    assert headers.exact.startswith(VERSION)


@pytest.mark.parametrize(
    ("pattern", "other", "wrong"),
    [
        (r"^#define SIZEOF_LONG 8", "#define SIZEOF_LONG 4", "SIZEOF_LONG"),
        (r"^#define ALIGNOF_SIZE_T \d+", "#define ALIGNOF_SIZE_T 2", "ALIGNOF_SIZE_T"),
        (r"\Z", "\n#define Py_DEBUG 1\n", "Py_DEBUG is defined"),
        (r"\Z", "\n#define Py_GIL_DISABLED 1\n", "Py_GIL_DISABLED is defined"),
        (r"\Z", "\n#define WORDS_BIGENDIAN 1\n", "WORDS_BIGENDIAN is defined"),
    ],
)
def test_a_pyconfig_of_another_machine_or_build_is_refused(
    headers: release_headers.Headers, pattern: str, other: str, wrong: str
) -> None:
    changed(headers, "pyconfig.h", pattern, other)
    with pytest.raises(SystemExit, match=f"headers of here: found .*{wrong}"):
        release_headers.check(headers, HERE)


def test_a_size_that_nothing_checks_is_refused(headers: release_headers.Headers) -> None:
    changed(headers, "pyconfig.h", r"\Z", "\n#define SIZEOF_NEWER_T 8\n")
    with pytest.raises(SystemExit, match="found SIZEOF_NEWER_T"):
        release_headers.check(headers, HERE)


def test_headers_of_another_version_are_refused(headers: release_headers.Headers) -> None:
    other = "3.10" if VERSION != "3.10" else "3.11"
    with pytest.raises(SystemExit, match=rf"found Python {VERSION}\.\S+; expected Python {other}"):
        release_headers.copied(other, Path(headers.include), "here")
    with pytest.raises(SystemExit, match="PY_VERSION_HEX"):
        release_headers.check(replace(headers, version=other), HERE)


def test_headers_from_before_the_first_candidate_are_refused(
    headers: release_headers.Headers,
) -> None:
    level = r"(?<=PY_RELEASE_LEVEL)(\s+)PY_RELEASE_LEVEL_\w+"
    changed(headers, "patchlevel.h", level, r"\1PY_RELEASE_LEVEL_BETA")
    with pytest.raises(SystemExit, match="expected a release candidate or a final release"):
        release_headers.copied(VERSION, Path(headers.include), "here")


def test_debians_pyconfig_is_found_in_the_folder_of_its_machine(tmp_path: Path) -> None:
    machine = os.uname().machine
    include = tmp_path / "python3.14"
    include.mkdir()
    (include / "pyconfig.h").write_text(f"#include <{machine}-linux-gnu/python3.14/pyconfig.h>\n")
    expected = tmp_path / f"{machine}-linux-gnu" / "python3.14" / "pyconfig.h"
    assert release_headers.settings_of(include) == expected


def test_missing_headers_are_named_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(version: str) -> tuple[Path, str]:
        raise release_headers.debian.Unavailable("no network")

    monkeypatch.setattr(release_headers, "of_interpreters", dict)
    monkeypatch.setattr(release_headers, "of_debian", unavailable)
    with pytest.raises(SystemExit, match=r"--headers DIR(?s:.*)3\.12: .*\n.*3\.13: .*no network"):
        release_headers.find(["3.12", "3.13"])


def test_names_of_wheels_and_libraries() -> None:
    headers = release_headers.Headers("3.14", "3.14.0", INCLUDE, "here")
    made = release_build.Wheel(headers, "aarch64", HERE)
    assert made.tags == ("cp314", "cp314", "manylinux_2_28_aarch64")
    assert release_build.suffix("3.14", "aarch64") == ".cpython-314-aarch64-linux-gnu.so"
    own = release_build.suffix(VERSION, os.uname().machine)
    assert own == HERE.suffix


def test_bindings_have_the_same_text_in_every_folder(tmp_path: Path) -> None:
    """cgo makes names in the library of a hash of it."""
    texts = []
    for name in ("one", "another one"):
        folder = tmp_path / name / "gopy"
        folder.mkdir(parents=True)
        bindings = folder / "shmpubsub.go"
        bindings.write_text('#cgo CFLAGS: "-I/usr/include/python3.11" -Wno-error\n')
        build.use_headers(folder, str(tmp_path / name / "headers" / "3.14-0123"))
        texts.append(bindings.read_text())
    assert texts == ['#cgo CFLAGS: "-I${SRCDIR}/../headers/3.14-0123" -Wno-error\n'] * 2


def test_cibuildwheel_makes_the_same_wheels() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    settings = text.partition("[tool.cibuildwheel]")[2]
    assert re.findall(r"cp3(\d+)-\*", settings) == [v.partition(".")[2] for v in release.VERSIONS]
    (names,) = re.findall(r"(?m)^archs = (\[.*\])$", settings)
    assert json.loads(names) == list(release.ARCHITECTURES)
    images = re.findall(r'(?m)^manylinux-(\w+)-image = "manylinux_(\w+)"$', settings)
    glibc = release_build.GLIBC.replace(".", "_")
    assert images == [(name, glibc) for name in release.ARCHITECTURES]


def test_tools_of_a_release_are_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for group in release.GROUPS:
        (line,) = re.findall(rf"(?m)^{group} = \[(.*)\]$", text)
        for requirement in re.findall(r'"([^"]+)"', line.replace('include-group = "cross"', "")):
            assert re.fullmatch(r"[\w-]+==[\w.]+", requirement)
    assert f'"{build.PYBINDGEN}"' in text.partition("\ncross = ")[2].partition("\n")[0]


def test_bill_of_materials_names_what_is_linked(
    wheel: Path, go_environment: dict[str, str]
) -> None:
    def go(*arguments: str) -> str:
        command = ["go", *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=go_environment, text=True).strip()

    with zipfile.ZipFile(wheel) as packed:
        (name,) = (one for one in packed.namelist() if "/sboms/" in one)
        text = packed.read(name).decode()
    bill = json.loads(text)
    assert name.endswith(".dist-info/sboms/shm_pub_sub.cdx.json")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert not {"serialNumber", "timestamp"} & {*bill, *bill["metadata"]}
    module = "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}{{end}}{{end}}"
    imported = ["./shmpubsub/bind", "github.com/go-python/gopy/gopyh"]
    expected = {*filter(None, go("list", "-deps", "-f", module, *imported).splitlines())}
    expected.add(f"std {go('env', 'GOVERSION').removeprefix('go')}")
    assert {f"{one['name']} {one['version']}" for one in bill["components"]} == expected
    version = re.search(r'(?m)^version = "(.*)"$', (ROOT / "pyproject.toml").read_text())
    assert version is not None
    assert bill["metadata"]["component"]["version"] == version[1]


def test_an_editable_install_has_no_bill(tmp_path: Path) -> None:
    """It packs no library: its metadata are written before one is compiled."""
    wheel = build_commands.Wheel(Distribution({"name": "shm_pub_sub", "version": "1"}))
    wheel.ensure_finalized()
    about = tmp_path / "shm_pub_sub-1.dist-info"
    about.mkdir()
    wheel.write_wheelfile(str(about))
    assert [path.name for path in about.iterdir()] == ["WHEEL"]


def test_a_version_that_is_not_supported() -> None:
    done = run(sys.executable, "build.py", "wheels", "--python", "2.7", cwd=ROOT)
    assert done.returncode == 2
    assert "invalid choice: '2.7'" in done.stderr


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_wheel_is_the_same_twice(tmp_path: Path) -> None:
    """Also from another folder, with another umask, and without a home and its caches."""
    tree = tmp_path / "another tree"
    files = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in filter(None, files):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    made = {}
    pythons = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))  # if there is pyenv
    elsewhere = os.environ | {"HOME": "/dev/null", "PYENV_ROOT": pythons}
    for source, env, umask in ((ROOT, os.environ, 0o022), (tree, elsewhere, 0o077)):
        output = tmp_path / f"{umask:o}"
        command = [sys.executable, "build.py", "wheels", "-o", str(output)]
        done = run(*command, cwd=source, env=env, umask=umask, timeout=3600)
        assert done.returncode == 0, done.stdout + done.stderr
        made[umask] = {path.name: path.read_bytes() for path in output.glob("*.whl")}
        print(done.stdout[-2000:])
    first, second = made.values()
    assert len(first) == len(release.VERSIONS) * len(release.ARCHITECTURES)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
