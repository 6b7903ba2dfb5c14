"""Where the library cannot work, pip ends with one sentence: why, and what to do."""

import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.paths import DOCS
from support.programs import Ended, run

import build_platform

CHECK = "build_platform.check_platform()"
POSIX_ONLY = ("fcntl", "grp", "pwd", "resource", "termios")
WINDOWS = (
    "cannot install shm_pub_sub: found Windows; expected Linux, whose futexes and shared memory it "
    "uses; install it in WSL 2 (wsl --install), with the Python there"
)
BIG_ENDIAN = (
    "cannot install shm_pub_sub: found a big-endian processor; expected a little-endian one, as "
    "its files are; use an x86-64 or 64-bit ARM machine"
)
HERE = ".".join(map(str, sys.version_info[:2]))
FRONT_ENDS = {
    "pip": ["pip", "wheel", "--no-deps", "--no-build-isolation"],
    "build": ["build", "--no-isolation", "--wheel"],
    "uv": ["uv", "pip", "install", "--no-build-isolation", "--no-deps"],
}
Change = Callable[[object, str, object], None]


def no_confstr(_: str) -> str:
    raise OSError(22, "Invalid argument")  # as with musl 1.2


def implementation(name: str, multiarch: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, _multiarch=multiarch)


def thirty_two_bits(change: Change, multiarch: str) -> None:
    change(sys, "maxsize", 2**31 - 1)
    change(sys, "implementation", implementation("cpython", multiarch))


PLACES: dict[str, tuple[Callable[[Change], None], str, str]] = {
    "Windows": (lambda change: change(sys, "platform", "win32"), "Windows", "WSL 2"),
    "Cygwin": (lambda change: change(sys, "platform", "cygwin"), "Windows", "WSL 2"),
    "macOS": (lambda change: change(sys, "platform", "darwin"), "macOS", "Linux virtual machine"),
    "FreeBSD": (
        lambda change: change(sys, "platform", "freebsd15"),
        "freebsd15",
        "a Linux machine",
    ),
    "s390x": (lambda change: change(sys, "byteorder", "big"), "big-endian", "x86-64"),
    "i386": (
        lambda change: thirty_two_bits(change, "i386-linux-gnu"),
        "32-bit Python (i386-linux-gnu)",
        "a 64-bit Python",
    ),
    "armhf": (
        lambda change: thirty_two_bits(change, "arm-linux-gnueabihf"),
        "32-bit Python (arm-linux-gnueabihf)",
        "the 64-bit Raspberry Pi OS",
    ),
    "PyPy": (
        lambda change: change(sys, "implementation", implementation("pypy", "x86_64-linux-gnu")),
        "PyPy",
        "CPython 3.10 to 3.15",
    ),
    "GraalPy": (
        lambda change: change(sys, "implementation", implementation("graalpy", "")),
        "GraalPy",
        "CPython 3.10 to 3.15",
    ),
    "musl": (
        lambda change: change(os, "confstr", no_confstr),
        "Alpine's musl",
        f"python:{HERE}-slim (Debian)",
    ),
    "another C library": (
        lambda change: change(os, "confstr", lambda _: None),
        "a C library other than glibc",
        f"python:{HERE}-slim (Debian)",
    ),
    "free-threaded": (
        lambda change: change(sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get),
        f"free-threaded Python {HERE}t",
        f"use python{HERE} instead",
    ),
    "old": (
        lambda change: change(sys, "version_info", (3, 9, 25)),
        "Python 3.9; expected 3.10 to 3.15",
        "one of these",
    ),
    "new": (
        lambda change: change(sys, "version_info", (3, 16, 0)),
        "Python 3.16",
        "look for a newer release",
    ),
}


def test_this_machine_is_supported() -> None:
    assert build_platform.refusal() is None


@pytest.mark.parametrize("place", PLACES)
def test_each_place_has_its_sentence(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, found, remedy = PLACES[place]
    with monkeypatch.context() as patched:
        change(patched.setattr)
        reason = build_platform.refusal()
    assert reason is not None
    assert reason.startswith(found) or found in reason.partition(";")[0]
    assert remedy in reason.rpartition("; ")[2]
    assert reason.isascii()
    assert "\n" not in reason


def last_line(done: Ended) -> str:
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_windows_gets_as_far_as_the_sentence(source: Path) -> None:
    """Without os.confstr and what only Unix has; this Python's paths are still Linux's."""
    program = "import os, setuptools, sys, sysconfig, runpy; sysconfig.get_config_vars(); "
    program += "import shutil, subprocess, tempfile; del os.confstr; "
    program += f"sys.modules.update(dict.fromkeys({POSIX_ONLY})); sys.platform = 'win32'; "
    program += "sys.argv[1:] = ['egg_info']; runpy.run_path('setup.py')"
    done = run(sys.executable, "-c", program, cwd=source)
    assert (done.returncode, last_line(done)) == (1, WINDOWS)
    assert not (source / "build").exists()


@pytest.mark.parametrize("command", [("build.py",), ("build.py", "demo")])
def test_build_py_says_the_same(command: tuple[str, ...], source: Path) -> None:
    program = f"import runpy, sys, build; sys.byteorder = 'big'; sys.argv = {list(command)}; "
    program += "runpy.run_path('build.py', run_name='__main__')"
    done = run(sys.executable, "-c", program, cwd=source)
    assert (done.returncode, last_line(done)) == (1, BIG_ENDIAN)


@pytest.mark.parametrize(
    "front_end",
    ["pip", *(pytest.param(name, marks=pytest.mark.soak) for name in ("build", "uv"))],
)
def test_front_ends_show_the_sentence_whole(front_end: str, source: Path, tmp_path: Path) -> None:
    """Among their own lines, before anything is fetched or built. uv breaks long lines."""
    setup = source / "setup.py"
    text = setup.read_text()
    assert CHECK in text
    setup.write_text(text.replace(CHECK, f"sys.byteorder = 'big'; {CHECK}"))
    command = [sys.executable, "-m", *FRONT_ENDS[front_end], source]
    done = run(*command, cwd=tmp_path)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    lines = printed if front_end != "uv" else " ".join(printed.split())
    assert lines.count(BIG_ENDIAN) == 1, printed
    assert "Traceback" not in printed
    assert not (source / "build").exists()


def test_the_page_quotes_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "free-threading.md").read_text(encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get)
        patched.setattr(sys, "version_info", (3, 14, 3))
        reason = build_platform.refusal()
    assert f"    cannot install shm_pub_sub: found {reason}\n" in page
