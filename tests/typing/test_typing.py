"""What type checkers see: the stubs against examples, and against the library itself."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest
import shm_pub_sub
from support import programs
from support.programs import Ended

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
INSTALLED = Path(shm_pub_sub.__file__).parent


def needs(checker: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        importlib.util.find_spec(checker) is None,
        reason=f"{checker} is not installed in this environment",
    )


def run(tmp_path: Path, *arguments: object) -> None:
    """Run a checker, which must find no error."""
    process = ended(tmp_path, *arguments)
    assert process.returncode == 0, process.stdout + process.stderr


def ended(tmp_path: Path, *arguments: object) -> Ended:
    """Runs a checker on the copy of the library that the tests use."""
    configuration = tmp_path / "mypy.ini"
    cache = tmp_path.parent / "mypy"  # for all the tests: libraries' stubs are read once
    settings = f"[mypy]\nstrict = True\ncache_dir = {cache}\n"
    if "site-packages" not in INSTALLED.parts:
        settings += f"mypy_path = {INSTALLED.parent}\n"
    configuration.write_text(settings)
    option = "--config-file" if arguments[0] == "mypy" else "--mypy-config-file"
    command = (sys.executable, "-m", *arguments, option, configuration)
    env = {key: value for key, value in os.environ.items() if key != "MYPYPATH"}
    return programs.run(*command, cwd=tmp_path, env=env, timeout=110)


def run_pyright(folder: Path, *arguments: object) -> str:
    """Run pyright on this environment's library; its python must come first on PATH."""
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = (sys.executable, "-m", "pyright", *arguments)
    process = programs.run(*command, cwd=folder, env=env, timeout=110)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@needs("mypy")
def test_mypy_finds_what_the_stubs_say(tmp_path: Path) -> None:
    # Strict also means that a `type: ignore` without an error to ignore is an error.
    run(tmp_path, "mypy", HERE / "examples.py")


@needs("mypy")
def test_mypy_finds_no_fault_in_the_examples(tmp_path: Path) -> None:
    run(tmp_path, "mypy", *sorted(EXAMPLES.glob("*.py")))


@needs("mypy")
def test_stubs_agree_with_the_library(tmp_path: Path) -> None:
    run(tmp_path, "mypy.stubtest", "shm_pub_sub")


@needs("pyright")
def test_pyright_finds_what_the_stubs_say_and_no_fault_in_the_examples(tmp_path: Path) -> None:
    settings = {
        # pyright ignores absolute paths.
        "include": [os.path.relpath(path, tmp_path) for path in (HERE / "examples.py", EXAMPLES)],
        "executionEnvironments": [{"root": str(EXAMPLES)}],  # they import from their folder
        "typeCheckingMode": "strict",
        # Each one in examples.py must be needed.
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    checked = json.loads(run_pyright(tmp_path, "--outputjson"))
    assert checked["summary"]["filesAnalyzed"] == 1 + len([*EXAMPLES.rglob("*.py")])


@needs("pyright")
def test_everything_public_has_a_type(tmp_path: Path) -> None:
    run_pyright(tmp_path, "--verifytypes", "shm_pub_sub", "--ignoreexternal")


def test_library_is_marked_as_typed() -> None:
    assert (INSTALLED / "py.typed").exists()
    assert (INSTALLED / "__init__.pyi").exists()
