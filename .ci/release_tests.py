"""The wheels of a release, installed: on every Python here, and under qemu-user."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

import debian
import foreign
import release
from build_machine import BUILD
from pytests import NOT_SOAK, run_pytest
from stages import run, skip
from wheels import new_environment, pip_install

PEER = "SHM_PUB_SUB_PEER_PYTHON"


def folder(architecture: str) -> Path:
    return BUILD / "released" / architecture


def wheel(version: str, architecture: str) -> Path:
    tag = f"cp{version.replace('.', '')}"
    (found,) = folder(architecture).glob(f"*-{tag}-{tag}-*.whl")
    return found


def make_wheels(versions: Sequence[str]) -> None:
    """Make the wheels for this processor."""
    architecture = platform.machine()
    release.make_wheels(versions, [architecture], folder(architecture))


def install(pip: Path, python: Path, *what: str | Path) -> None:
    """Install by a pip that the environment need not have; its own Python judges the tags."""
    run(pip, "--python", python, "install", "-q", "--no-compile", *what)


def talk(first: Path, version: str, architecture: str, python: Path, **more: str) -> None:
    """Run tests whose second process is another Python than the first."""
    variables = {PEER: str(python), f"{PEER}_IS": f"{version} {architecture}", **more}
    name = "-".join(["wheel", version, architecture, *more.values()])
    run_pytest(first, name, *NOT_SOAK, "tests/interop", counts=variables)


def install_with_tests(python: str, version: str) -> None:
    """Make the environment of a Python's own tests."""
    bin_folder = new_environment(BUILD / f"test-{version}", python)
    pip_install(bin_folder, wheel(version, platform.machine()), "--group", "unit")


def check_here(first: Path, targets: dict[str, str]) -> None:
    """Install and try each wheel for this processor."""
    architecture = platform.machine()
    for version, path in targets.items():
        environment = BUILD / "released" / version
        run(path, "-m", "venv", "--without-pip", "--clear", environment)
        python = environment / "bin" / "python"
        made = wheel(version, architecture)
        install(first / "bin" / "pip", python, "--no-deps", "--no-index", made)
        talk(first, version, architecture, python)


def prepare_foreign(first: Path) -> tuple[foreign.Foreign, Path] | None:
    """Make an environment with a wheel for the other processor; None if that cannot run here."""
    what = f"wheels for {foreign.PROCESSOR}"
    if platform.machine() != "x86_64":
        skip(f"{what}: {platform.machine()} here; qemu-user is used on x86_64")
        return None
    try:
        found = foreign.find_python()
    except debian.Unavailable as error:
        skip(f"{what}: {error}")
        return None
    release.make_wheels([found.version], [foreign.PROCESSOR], folder(foreign.PROCESSOR))
    environment = BUILD / "released" / f"{found.version}-{foreign.PROCESSOR}"
    python = foreign.new_environment(found, environment)
    made = wheel(found.version, foreign.PROCESSOR)
    install(first / "bin" / "pip", python, "--no-deps", "--no-index", made)
    return found, python


def check_foreign(first: Path) -> None:
    """Let the wheel for the other processor publish, subscribe and fork, beside this Python."""
    if ready := prepare_foreign(first):
        found, python = ready
        talk(first, found.version, foreign.PROCESSOR, python)


def test_foreign_pages(first: Path) -> None:
    """Let that wheel do the same where pages have 64 KiB, beside this Python with its own."""
    if ready := prepare_foreign(first):
        found, python = ready
        if variables := foreign.use_large_pages(python, found):
            talk(first, found.version, foreign.PROCESSOR, python, **variables)
        else:
            skip("pages of 64 KiB: this qemu-user has no others than this machine")


def test_foreign_at_length(first: Path) -> None:
    """Run the demo, which kills and restarts a publisher, and all unit tests under qemu-user."""
    if ready := prepare_foreign(first):
        _, python = ready
        environment = python.parent.parent
        run(python, "examples/demo.py")
        install(first / "bin" / "pip", python, "--group", "unit")
        run_pytest(environment, "unit-foreign", *NOT_SOAK, "--timeout=1200", "tests/unit")
