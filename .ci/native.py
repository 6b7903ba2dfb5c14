"""The stages of Go and C: linters, tests, kill points, fuzzing, models."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import conditions
import debian
import foreign
from build_machine import BUILD, COMPILER, INCLUDE, ROOT
from stages import check, output, run, say, skip, started

Environment = dict[str, str]
BENCHMARKS = ["go", "test", "-vet=off", "-run=^$", "-bench=.", "-benchtime=1x"]
LARGE_PAGES = ["-tags=page64k", "./shmpubsub/internal/segment"]  # 4 s of a processor
STARTS_GOROUTINE = re.compile(r"(?m)^\s*go (?:func\b|[\w.]+\()|\.Go\(")
EXAMPLES = ROOT / "examples" / "go"
"""A module of its own, which uses the package as a stranger's does."""

EMULATED = {"arm64": "aarch64", "riscv64": "riscv64"}
"""Processors besides this one that have topics, with qemu's names of them."""

UNSUPPORTED = ["386", "arm"]
"""Processors for which the package compiles, to say that it has none."""

KILL_POINTS = "//go:build killpoints\n"

# Left out of the race detector's run, and of emulators': what has one goroutine and tries every
# interleaving itself, and values of 64 KiB, whose words are accessed as those of the short ones.
NOT_RACED = "C11MemoryModel$|Needs?(Its|Their)Orders$|EveryInterleaving|//words=8192$"

# Packages, their fuzz targets, and how many inputs take some seconds.
FUZZ = [
    ("./shmpubsub/internal/descriptor", "FuzzParse", 40_000),
    ("./shmpubsub/internal/pool", "FuzzReader", 500),
    ("./shmpubsub/internal/ring", "FuzzNewest", 20_000),
    ("./shmpubsub/internal/ring", "FuzzNext", 20_000),
    ("./shmpubsub/internal/segment", "FuzzDecodeHeader", 40_000),
    ("./shmpubsub/internal/segment", "FuzzNewHeader", 30_000),
    ("./shmpubsub/internal/segment", "FuzzFileName", 40_000),
    ("./shmpubsub/internal/segment", "FuzzTopicFile", 3_000),
    ("./shmpubsub/bind", "FuzzCoded", 30_000),
]


def sources() -> Iterator[tuple[Path, str]]:
    """Yield every Go source of the package, with its text."""
    for path in sorted((ROOT / "shmpubsub").rglob("*.go")):
        yield path, path.read_text(encoding="utf-8")


def package(path: Path) -> str:
    return f"./{path.parent.relative_to(ROOT)}"


def with_goroutines() -> list[str]:
    """Return the packages in which the race detector may find something."""
    return sorted({package(path) for path, text in sources() if STARTS_GOROUTINE.search(text)})


def with_kill_points() -> tuple[list[str], str]:
    """Return the packages with files for the tag killpoints, and a pattern of their tests."""
    tagged = [(path, text) for path, text in sources() if text.startswith(KILL_POINTS)]
    tests = [name for _, text in tagged for name in re.findall(r"(?m)^func (Test\w+)\(", text)]
    return sorted({package(path) for path, _ in tagged}), f"^({'|'.join(tests)})$"


def run_benchmarks(environment: Environment) -> None:
    """Run each benchmark once; only packages that have some are linked."""
    found = re.compile(r"(?m)^func Benchmark")
    packages = sorted({package(path) for path, text in sources() if found.search(text)})
    run(*BENCHMARKS, *packages, env=environment)


def check_go(environment: Environment) -> None:
    listed = ["list", "-f={{.Dir}}", "./..."]
    folders = output("go", *listed, env=environment).splitlines()
    folders += output("go", "-C", EXAMPLES, *listed, env=environment).splitlines()
    if unformatted := output("gofmt", "-l", *folders, env=environment):
        raise SystemExit(f"gofmt -l:\n{unformatted}")
    # With the tag, every file is seen but the one of a few lines that it replaces.
    run("go", "vet", "-tags=killpoints", "./...", env=environment)
    run("go", "-C", EXAMPLES, "vet", "./...", env=environment)


def check_go_at_length(environment: Environment) -> None:
    """Run staticcheck, which looks through the standard library first, here and for others."""
    program = BUILD / "staticcheck"  # for this processor, whichever it checks for
    run("go", "build", "-o", program, "honnef.co/go/tools/cmd/staticcheck", env=environment)
    run(program, "-tags=killpoints", "./...", env=environment)
    for processor in EMULATED:
        there = built_for(processor, environment)
        run("go", "vet", "-tags=killpoints", "./...", env=there)
        run(program, "-tags=killpoints", "./...", env=there)
    for processor in UNSUPPORTED:
        run("go", "-C", EXAMPLES, "vet", "./...", env=built_for(processor, environment))


def built_for(processor: str, environment: Environment) -> Environment:
    return environment | {"GOARCH": processor, "CGO_ENABLED": "0"}


def check_unsupported(environment: Environment) -> None:
    """Run an example built for a processor of 32 bits: it has to say why it cannot go on."""
    program = BUILD / "publisher-386"
    there = built_for("386", environment)
    run("go", "-C", EXAMPLES, "build", "-o", program, "./publisher", env=there)
    try:
        with started([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            printed = process.stdout.read() if process.stdout else ""
    except OSError as error:
        skip(f"a program of 32 bits: {error}")
        return
    expected = "unsupported platform: found linux/386, which is 32-bit; expected 64-bit"
    if process.returncode != 1 or not printed.startswith(expected):
        raise SystemExit(f"found {process.returncode}, {printed!r}; expected 1, {expected!r}")


def check_c() -> None:
    """Compile the C sources strictly: not in the build, as a new compiler may have new warnings."""
    strict = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem", INCLUDE]
    strict += [f"-I{ROOT / 'shmpubsub'}"]
    for source in sorted((ROOT / "shmpubsub").glob("*/*.c")):
        run(*COMPILER, *strict, "-c", source, "-o", os.devnull)


def go_test(
    environment: Environment, *options: str, before: Sequence[str] = (), timeout: int = 300
) -> None:
    """Run Go tests; show each package, and what those have printed that fail."""
    # check_go vets, once: here each of three builds would, with all that it imports.
    test = ["go", "test", "-vet=off", "-json", "-shuffle=on", f"-timeout={timeout}s"]
    command = [*before, *test, *(options or ["./..."])]
    printed: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    failed = []
    with started(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            try:
                event = json.loads(line)
            except ValueError:
                say(line.rstrip())
                continue
            name = (event.get("Package", event.get("ImportPath", "")), event.get("Test", ""))
            if "Output" in event:
                printed[name].append(event["Output"])
            elif event["Action"] == "skip" and name[1]:
                lines = [text.strip() for text in printed[name] if "--- SKIP" not in text]
                skip(lines[-1] if lines else name[1])
            elif event["Action"] in ("fail", "build-fail"):
                failed.append("".join(printed[name]))
            elif event["Action"] in ("pass", "skip") and not name[1]:
                say("".join(printed[name][-1:]).rstrip())
    check(process, command, "\n".join(failed))


def test_go_young(environment: Environment) -> None:
    go_test(environment, before=conditions.young_machine())


def test_go_emulated(environment: Environment, processor: str) -> None:
    """Run the Go tests built for another processor. Of its memory order this shows nothing.

    Nor is it possible with the race detector: on arm64 it takes only addresses of 48 bits, and an
    emulator on x86-64 has 47.
    """
    try:
        emulator = str(foreign.find_qemu(EMULATED[processor]))
    except debian.Unavailable as error:
        skip(f"Go tests on {processor}: {error}")
        return
    there = built_for(processor, environment) | {"SHM_PUB_SUB_EMULATOR": emulator}
    go_test(
        there,
        f"-exec={shlex.quote(emulator)}",
        f"-skip={NOT_RACED}",
        "./shmpubsub/...",
        timeout=1500,
    )


def test_go_races(environment: Environment) -> None:
    go_test(environment, "-race", f"-skip={NOT_RACED}", *with_goroutines())


def check_kill_points(environment: Environment) -> None:
    packages, tests = with_kill_points()
    go_test(environment, "-tags=killpoints", f"-run={tests}", *packages)


def fuzz(environment: Environment, times: int) -> None:
    """Fuzz each target with a number of inputs, times as many as takes some seconds.

    Not for a time: before Go 1.27 its end may fail a sound target (golang.org/issue/75804).
    """
    for folder, target, inputs in FUZZ:
        options = [f"-fuzz=^{target}$", f"-fuzztime={inputs * times}x", "-run=^$", "-parallel=2"]
        run("go", "test", *options, folder, env=environment)


def check_models(*, full: bool) -> None:
    """Check the models exhaustively, if spin is here; in CI it has to be."""
    if shutil.which("spin") is None and not os.environ.get("CI"):
        skip("models: spin is not installed (Debian: apt install spin)")
        return
    run(sys.executable, "docs/models/check.py", *(["--full"] if full else []))
