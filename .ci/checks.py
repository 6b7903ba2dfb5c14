"""The commands of build.py, `test` above all: what surrounds the build, kept out of it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import conditions
import newest_tools
import proofs
from proofs import run
from wheels import build_wheel, install_wheel, new_environment

import docs
from build import HOW_LONG, use_tools
from build_machine import BUILD, COMPILER, INCLUDE, ROOT, find_go, go_environment

VERSIONS = [f"3.{minor}" for minor in range(10, 16)]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
LINT = BUILD / "lint" / "bin"
GO_BENCHMARKS = ["go", "test", "-run=^$", "-bench=.", "-benchtime=1x", "./..."]
UNIT = "tests/unit"
FAILURE_LENGTH = 4000
"""Characters of a failed test's end that are repeated where everything ends."""

PROBE = """
import importlib.util, json, os, sys, sysconfig
lacks = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    lacks.append("Python.h")
if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
    lacks.append("CPython with the GIL")
print(json.dumps(["%d.%d" % sys.version_info[:2], sys.executable, lacks]))
"""


@dataclass(frozen=True)
class Interpreter:
    version: str
    path: str
    lacks: list[str]


def probe(path: str | Path) -> Interpreter | None:
    """Ask a python what it is; None where it does not start (a pyenv shim of another version)."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", PROBE], check=False, capture_output=True, text=True
        )
        return Interpreter(*json.loads(answer.stdout)) if answer.returncode == 0 else None
    except OSError:
        return None


def candidates() -> list[str | Path]:
    """Return the pythons of this machine: the running one, PATH's, pyenv's."""
    named = [shutil.which(f"python{version}") for version in VERSIONS]
    found: list[str | Path] = [sys.executable, *filter(None, named)]
    root = os.environ.get("PYENV_ROOT") or f"{os.environ.get('HOME', '')}/.pyenv"
    return found + sorted(Path(root).glob("versions/*/bin/python"))


def interpreters() -> dict[str, str]:
    """Return a usable interpreter for each supported version found, oldest first."""
    usable: dict[str, str] = {}
    for path in candidates():
        found = probe(path)
        if found is None or found.version not in VERSIONS:
            continue
        if found.lacks:
            print(f"not used: {found.path} ({found.version}) lacks {', '.join(found.lacks)}")
        else:
            usable.setdefault(found.version, found.path)
    if not usable:
        raise SystemExit(
            f"no CPython {VERSIONS[0]} to {VERSIONS[-1]} with headers and venv here"
            " (Debian: apt install python3-dev python3-venv)"
        )
    return {version: usable[version] for version in VERSIONS if version in usable}


def chosen(usable: dict[str, str], options: argparse.Namespace) -> dict[str, str]:
    """Return the interpreters to test: those asked for, or this one, the oldest and the newest."""
    if options.all:
        return usable
    wanted = options.python
    if not wanted:
        others = [version for version in usable if version != HERE]
        wanted = [HERE, *others[:1], *others[1:][-1:]]
    if absent := [version for version in wanted if version not in usable]:
        raise SystemExit(f"not found here: Python {', '.join(absent)}; found: {', '.join(usable)}")
    return {version: usable[version] for version in wanted}


def test_wheel(python: str, version: str, counts: dict[str, str], *tests: str) -> None:
    wheel = install_wheel(python, version)
    run_pytest(version, {"SHM_PUB_SUB_WHEEL": str(wheel)} | counts, *tests)


def run_pytest(
    version: str, counts: dict[str, str], *tests: str, before: Sequence[str] = ()
) -> None:
    """Run pytest on the wheel that is installed; by the command `before`, if there is one."""
    results = BUILD / f"test-{version}.xml"
    results.unlink(missing_ok=True)
    # The program, not `python -m pytest`: that one puts the source tree on sys.path.
    pytest = BUILD / f"test-{version}" / "bin" / "pytest"
    try:
        run(*before, pytest, f"--junit-xml={results}", *tests, env=counts | os.environ)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error}\n{failures(results)}") from None


def failures(results: Path) -> str:
    """Return the tests that failed, and how: to be read without all else that was printed."""
    if not results.exists():
        return "pytest wrote no results"
    found = [
        f"{case.get('classname')}.{case.get('name')}\n{(trouble.text or '')[-FAILURE_LENGTH:]}"
        for case in ElementTree.parse(results).iter("testcase")
        for trouble in case
        if trouble.tag in ("failure", "error")
    ]
    return "\n\n".join(found)


def check_go(environment: dict[str, str]) -> None:
    def output(*command: str) -> str:
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    folders = output("go", "list", "-f={{.Dir}}", "./...").splitlines()
    if unformatted := output("gofmt", "-l", *folders):
        raise SystemExit(f"gofmt -l:\n{unformatted}")
    for tags in ("", "killpoints"):
        run("go", "vet", f"-tags={tags}", "./...", env=environment)
        run("go", "tool", "staticcheck", f"-tags={tags}", "./...", env=environment)


def check_c() -> None:
    """Compile the C hot path strictly: not in the build, where a new compiler may warn anew."""
    strict = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem", INCLUDE]
    for source in sorted((ROOT / "shmpubsub").glob("*/*.c")):
        run(*COMPILER, *strict, "-c", source, "-o", os.devnull)


def go_test(environment: dict[str, str], *options: str, before: Sequence[str] = ()) -> None:
    test = [*before, "go", "test", "-shuffle=on", "-timeout=300s"]
    run(*test, *options, "./...", env=environment)


def test_go_young(environment: dict[str, str]) -> None:
    go_test(environment, before=conditions.young_machine())


def test_young(version: str, *tests: str) -> None:
    run_pytest(version, {}, *tests, before=conditions.young_machine())


def test_everything_young(environment: dict[str, str], version: str) -> None:
    test_go_young(environment)
    test_young(version)


def test_everything_busy(environment: dict[str, str], version: str) -> None:
    """Deadlines that say that a test hangs are longer; those that say what a test finds are not."""
    with conditions.busy_machine():
        go_test(environment, "-timeout=1500s")
        run_pytest(version, {}, "--timeout=600")


def lint_environment(python: str, version: str) -> None:
    """Install the linters, and for stubtest the wheel that the tests had."""
    bin_folder = new_environment(LINT.parent, python)
    wheels = (BUILD / "wheels" / f"test-{version}").glob("*.whl")
    run(bin_folder / "pip", "install", "-q", *wheels, "--group", "lint")


def documentation(python: str, version: str | None = None) -> None:
    """Build the site, with the wheel that the tests had, if they had one."""
    bin_folder = new_environment(BUILD / "docs-environment", python)  # build/docs is docs.py's own
    wheels = list((BUILD / "wheels" / f"test-{version}").glob("*.whl"))
    wheel = wheels[0] if wheels else build_wheel(bin_folder)
    run(bin_folder / "pip", "install", "-q", wheel, "--group", "docs")
    docs.build_docs(bin_folder)
    print(BUILD / "site" / "index.html")


def check_ruff() -> None:
    run(LINT / "ruff", "format", "--check")
    run(LINT / "ruff", "check")


def check_types() -> None:
    run(LINT / "mypy")
    run(LINT / "pytest", "tests/typing")
    allowed = ROOT / "tests" / "stubtest_allowed.txt"
    allow = ["--allowlist", str(allowed)] if allowed.exists() else []
    run(LINT / "stubtest", "--mypy-config-file", "pyproject.toml", *allow, "shm_pub_sub")


def run_all(steps: list[tuple[str, Callable[[], None]]]) -> None:
    """Run every step, so that one run names everything that is wrong."""
    report, faults = [], []
    for name, step in steps:
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        try:
            step()
            verdict = "ok"
        except (subprocess.CalledProcessError, OSError, SystemExit) as error:
            print(error)
            faults.append(f"=== {name}\n{error}")
            verdict = "FAILED"
        report.append(f"{verdict:6} {time.monotonic() - start:6.1f} s  {name}")
    print("", *report, *faults, sep="\n")
    if faults:
        raise SystemExit(1)


def test(targets: dict[str, str]) -> None:
    if shutil.which("spin") is None:
        # And a debug build of this Python, to count references in; without it that is skipped.
        proofs.provide("spin", f"python{HERE}-dbg", f"libpython{HERE}-dbg")
    environment = go_environment()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("gofmt, go vet, staticcheck", partial(check_go, environment)),
        ("C warnings", check_c),
        ("Go tests, on a machine booted a minute ago", partial(test_go_young, environment)),
        ("Go tests, race detector", partial(go_test, environment, "-race")),
        ("Go benchmarks, once each", partial(run, *GO_BENCHMARKS, env=environment)),
        ("Go kill points", partial(proofs.check_kill_points, environment)),
        ("Go fuzzing", partial(proofs.fuzz, environment, times=1)),
        ("models", partial(proofs.check_models, full=False)),
    ]
    for version, path in targets.items():
        first = version == next(iter(targets))
        counts = {} if first else proofs.SHORT
        but = [f"--ignore={tests}" for tests in ([UNIT] if first else proofs.ONCE)]
        step = partial(test_wheel, path, version, counts, *but)
        steps.append((f"Python {version}: wheel and tests", step))
        if first:
            name = f"Python {version}: {UNIT}, on a machine booted a minute ago"
            steps.append((name, partial(test_young, version, UNIT)))
    version, path = next(iter(targets.items()))
    steps.append(("Python linters", partial(lint_environment, path, version)))
    steps += [
        ("ruff", check_ruff),
        ("mypy, pyright, stubtest", check_types),
        ("documentation", partial(documentation, path, version)),
    ]
    run_all(steps)


def soak(python: str, version: str) -> None:
    """The proofs at length: more kills, storms, children, fuzzing, and the models' full sizes."""
    environment = go_environment()
    young = partial(test_everything_young, environment, version)
    busy = partial(test_everything_busy, environment, version)
    run_all(
        [
            ("models", partial(proofs.check_models, full=True)),
            ("Go kill points", partial(proofs.check_kill_points, environment)),
            ("Go fuzzing", partial(proofs.fuzz, environment, times=25)),
            ("newest gcc and Python", newest_tools.test_with_newest_tools),
            (
                f"Python {version}",
                partial(test_wheel, python, version, proofs.LONG, *proofs.SOAKED),
            ),
            ("everything, on a machine booted a minute ago", young),
            (f"everything, beside {conditions.BUSY} busy processes", busy),
        ]
    )


def demo() -> None:
    bin_folder = new_environment(BUILD / "demo", sys.executable)
    run(bin_folder / "pip", "install", "-q", build_wheel(bin_folder))
    run(bin_folder / "python", "examples/demo.py")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="build.py")
    parser.add_argument("command", choices=["test", "soak", "mutations", "demo", "docs"])
    parser.add_argument("words", nargs="*", help="of mutations: those with such a word alone")
    parser.add_argument("--all", action="store_true", help="test on every Python found")
    parser.add_argument("--python", action="append", metavar="X.Y", help="test on this Python")
    options = parser.parse_args(arguments)
    usable = interpreters()
    if usable.get(HERE) != sys.executable:
        other = usable.get(HERE, list(usable.values())[-1])
        print(f"{sys.executable} cannot build an extension; going on with {other}", flush=True)
        os.execv(other, [other, str(ROOT / "build.py"), *arguments])
    print(HOW_LONG, flush=True)
    if find_go() is None:
        use_tools()  # once, rather than in every isolated wheel build
    if options.command == "demo":
        demo()
        return
    if options.command == "docs":
        documentation(sys.executable)
        return
    if options.command == "mutations":
        from tests.mutations import run as mutations  # noqa: PLC0415 - nobody else needs it

        mutations.run(options.words)
        return
    if options.command == "soak":
        soak(sys.executable, HERE)
        return
    targets = chosen(usable, options)
    if len(targets) == 1 and not options.python:
        print("only one usable Python here: the wheel is tested on that one alone")
    print("testing on", ", ".join(f"{version} ({path})" for version, path in targets.items()))
    test(targets)
