"""What type checkers see: the stubs against examples, and against the library itself."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import shm_pub_sub

HERE = Path(__file__).parent
INSTALLED = Path(shm_pub_sub.__file__).parent
ALLOWED = HERE.parent / "stubtest_allowed.txt"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None, reason="mypy is not installed in this environment"
)


def run(tmp_path: Path, *arguments: object) -> None:
    """Runs a checker on the copy of the library that the tests use."""
    configuration = tmp_path / "mypy.ini"
    configuration.write_text(
        f"[mypy]\nstrict = True\ncache_dir = {tmp_path / 'cache'}\nmypy_path = {INSTALLED.parent}\n"
        if "site-packages" not in INSTALLED.parts
        else f"[mypy]\nstrict = True\ncache_dir = {tmp_path / 'cache'}\n"
    )
    option = "--config-file" if arguments[0] == "mypy" else "--mypy-config-file"
    ended = subprocess.run(
        [sys.executable, "-m", *map(str, arguments), option, str(configuration)],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "MYPYPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_examples_are_typed_as_they_say(tmp_path: Path) -> None:
    # Strict also means that a `type: ignore` without an error to ignore is an error.
    run(tmp_path, "mypy", HERE / "examples.py")


def test_stubs_agree_with_the_library(tmp_path: Path) -> None:
    allow = ["--allowlist", ALLOWED] if ALLOWED.exists() else []
    run(tmp_path, "mypy.stubtest", "shm_pub_sub", *allow)


def test_library_is_marked_as_typed() -> None:
    assert (INSTALLED / "py.typed").exists()
    assert (INSTALLED / "__init__.pyi").exists()
