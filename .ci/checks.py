"""The commands of build.py, `test` above all: what surrounds the build, kept out of it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import conditions
import docs
import edit
import foreign
import native
import newest_tools
import packages
import release_tests
from build import HOW_LONG, use_tools
from build_machine import BUILD, ROOT, find_go, go_environment
from interpreters import HERE, chosen, interpreters
from pytests import (
    EACH_PYTHON,
    LONG,
    NOT_SOAK,
    ONE_BY_ONE,
    SIDE_BY_SIDE,
    SOAKED,
    run_pytest,
    side_by_side,
)
from stages import Stage, run, run_all
from wheels import build_wheel, install_wheel, new_environment, pip_install

PACKAGES = "packages of the system"
RELEASE = "wheels of a release"
SOAK_LIMIT = 4 * 3600  # s


def environment(version: str) -> Path:
    return BUILD / f"test-{version}"


def documentation() -> None:
    """Build the site, in an environment of its own."""
    bin_folder = new_environment(BUILD / "docs-environment", sys.executable)
    pip_install(bin_folder, build_wheel(bin_folder), "--group", "docs")
    docs.build_docs(bin_folder)
    print(BUILD / "site" / "index.html")


def native_stages() -> list[Stage]:
    """Return the stages of Go, C and the models: beside Python's, on the other processor."""
    go = go_environment()
    return [
        Stage("gofmt, go vet", partial(native.check_go, go)),
        Stage("Go for 32 bits", partial(native.check_unsupported, go)),
        Stage("Go tests, on a machine booted a minute ago", partial(native.test_go_young, go)),
        Stage("Go tests, race detector", partial(native.test_go_races, go)),
        Stage("Go kill points", partial(native.check_kill_points, go)),
        Stage("Go benchmarks, once each", partial(native.run_benchmarks, go)),
        Stage("models", partial(native.check_models, full=False), needs=[PACKAGES]),
        Stage("Go layout, pages of 64 KiB", partial(native.go_test, go, *native.LARGE_PAGES)),
        Stage("C warnings", native.check_c),
    ]


def python_stages(targets: dict[str, str], wheels: dict[str, str]) -> list[Stage]:
    """Return the stages of each Python: all tests on the first one, less on other targets.

    The first one's wheel is built as a user's pip does, the others' are those of a release. Others'
    tests wait for the first one's, which use both processors: then a processor is free beside the
    tests that measure.
    """
    (version, path), *others = targets.items()
    made = f"Python {version}: environment and wheel"
    tests = f"Python {version}: tests"
    after = [PACKAGES, tests]
    stages = [
        Stage(made, partial(install_wheel, path, version, "test", "lint", "docs")),
        Stage(tests, partial(test_side_by_side, version), needs=[made], after=[PACKAGES]),
        Stage(RELEASE, partial(release_tests.make_wheels, list(wheels))),
    ]
    for other, python in others:
        made = f"Python {other}: environment"
        install = partial(release_tests.install_with_tests, python, other)
        some = partial(run_pytest, environment(other), other, *NOT_SOAK, *EACH_PYTHON)
        stages.append(Stage(made, install, needs=[RELEASE]))
        stages.append(Stage(f"Python {other}: tests", some, needs=[made], after=after))
    return stages


def test_side_by_side(version: str) -> None:
    """Run what is isolated, two at a time, on a machine booted a minute ago."""
    young = conditions.young_machine()
    paths = [path for path in side_by_side() if path != "tests/interop"]
    but = [f"--ignore={path}" for path in ONE_BY_ONE]
    options = [*NOT_SOAK, *SIDE_BY_SIDE, *but, *paths]
    run_pytest(environment(version), f"{version}-side-by-side", *options, before=young)


def test(targets: dict[str, str], wheels: dict[str, str]) -> None:
    """Test on these Pythons, and the wheels of a release on those."""
    version = next(iter(targets))
    first = environment(version)
    made, tests, release, *others = python_stages(targets, wheels)
    needs = [made.name]
    timed = partial(run_pytest, first, f"{version}-one-by-one", *NOT_SOAK, *ONE_BY_ONE)
    run_all(
        [
            Stage(PACKAGES, packages.provide),
            made,
            tests,
            Stage(f"Python {version}: tests that measure", timed, needs, after=[tests.name]),
            *native_stages(),
            release,
            *others,
            Stage(
                "wheels of a release, installed",
                partial(release_tests.check_here, first, wheels),
                needs=[made.name, release.name],
            ),
            Stage(
                f"wheel for {foreign.PROCESSOR}, under qemu-user",
                partial(release_tests.check_foreign, first),
                needs=[made.name],
                after=[release.name],  # both write build/release
            ),
            Stage("ruff, prose", partial(edit.check_style, first / "bin"), needs),
            Stage("mypy", partial(run, first / "bin" / "mypy"), needs),
            Stage("documentation", partial(docs.build_docs, first / "bin"), needs),
        ]
    )


def soak(targets: dict[str, str]) -> None:
    """The proofs at length: more kills, storms, children and fuzzing, the models' full sizes."""
    go = go_environment()
    version, python = next(iter(targets.items()))
    made = f"Python {version}: environment and wheel"
    first = environment(version)
    everything = partial(run_pytest, first)
    stages = [
        Stage(PACKAGES, packages.provide),
        Stage("staticcheck", partial(native.check_go_at_length, go)),
        Stage("models", partial(native.check_models, full=True)),
        Stage(
            "Go tests with kill points", partial(native.go_test, go, "-tags=killpoints", "./...")
        ),
        Stage("Go tests, race detector", partial(native.go_test, go, "-race", "./...")),
        Stage("Go tests, pages of 64 KiB", partial(native.go_test, go, "-tags=page64k", "./...")),
        *(
            Stage(f"Go tests on {other}", partial(native.test_go_emulated, go, other))
            for other in native.EMULATED
        ),
        Stage("Go fuzzing", partial(native.fuzz, go, times=25)),
        Stage("newest gcc and Python", newest_tools.test_with_newest_tools),
        Stage(made, partial(install_wheel, python, version, "soak", "lint")),
        Stage(
            f"unit tests on {foreign.PROCESSOR}, under qemu-user",
            partial(release_tests.test_foreign_at_length, first),
            needs=[made],
        ),
        Stage(
            f"wheel for {foreign.PROCESSOR}, pages of 64 KiB",
            partial(release_tests.test_foreign_pages, first),
            needs=[made],
        ),
        Stage("long", partial(everything, "long", "-s", *SOAKED, counts=LONG), needs=[made]),
        Stage(
            "everything, on a machine booted a minute ago",
            partial(test_everything_young, go, first),
            needs=[made],
        ),
        Stage(
            f"everything, beside {conditions.BUSY} busy processes",
            partial(test_everything_busy, go, first),
            needs=[made],
        ),
    ]
    for other, path in list(targets.items())[1:]:
        made = f"Python {other}: environment and wheel"
        tests = partial(run_pytest, environment(other), other)
        stages.append(Stage(made, partial(install_wheel, path, other, "test")))
        stages.append(Stage(f"Python {other}: tests", tests, needs=[made]))
    stages.append(Stage("mutations", mutations))
    run_all([dataclasses.replace(stage, limit=SOAK_LIMIT) for stage in stages], lanes=1)


def test_everything_young(go: dict[str, str], first: Path) -> None:
    native.test_go_young(go)
    run_pytest(first, "young", before=conditions.young_machine())


def test_everything_busy(go: dict[str, str], first: Path) -> None:
    """Deadlines that say that a test hangs are longer; those that say what a test finds are not."""
    with conditions.busy_machine():
        native.go_test(go, timeout=1500)
        run_pytest(first, "busy", "--timeout=600")


def mutations(*words: str) -> None:
    from tests.mutations import run as mutating  # noqa: PLC0415 - nobody else needs it

    mutating.run(list(words))


def demo() -> None:
    bin_folder = new_environment(BUILD / "demo", sys.executable)
    pip_install(bin_folder, build_wheel(bin_folder))
    run(bin_folder / "python", "examples/demo.py")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="build.py", allow_abbrev=False)
    parser.add_argument("command", choices=["test", "soak", "mutations", "demo", "docs"])
    parser.add_argument("--all", dest="every", action="store_true", help="test: on all found")
    parser.add_argument("--python", action="append", metavar="X.Y", help="test: on this Python")
    parser.add_argument("--fast", action="store_true", help="test: lint, unit tests, one storm")
    options, words = parser.parse_known_args(arguments)
    if words and options.command not in ("test", "mutations"):
        parser.error(f"build.py {options.command} takes no {words[0]}")
    kinds = [bool(words), options.fast, bool(options.every or options.python)]
    if options.command == "test" and sum(kinds) > 1:
        parser.error("found several of --fast, --all or --python, and pytest's; expected one")
    usable = interpreters()
    if usable.get(HERE) != sys.executable:
        other = usable.get(HERE, list(usable.values())[-1])
        print(f"{sys.executable} cannot build an extension; going on with {other}", flush=True)
        os.execv(other, [other, str(ROOT / "build.py"), *arguments])
    if not (words or options.fast):
        print(HOW_LONG, flush=True)
    if find_go() is None:
        use_tools()  # once, rather than in every isolated wheel build
    here_first = {HERE: usable[HERE], **usable}
    commands: dict[str, Callable[[], None]] = {
        "demo": demo,
        "docs": documentation,
        "mutations": partial(mutations, *words),
        "soak": partial(soak, here_first),
    }
    if options.command in commands:
        commands[options.command]()
    elif words:
        edit.test_these(words)
    elif options.fast:
        edit.test_quickly()
    else:
        targets = here_first if options.every else chosen(usable, options.python or [])
        if len(targets) == 1 and not options.python:
            print("only one usable Python here: the wheel is tested on that one alone")
        print("testing on", ", ".join(f"{version} ({path})" for version, path in targets.items()))
        test(targets, wheels=targets if options.python else here_first)
