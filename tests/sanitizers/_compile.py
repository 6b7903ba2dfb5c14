"""Which compilers and sanitizers there are, and how to start what they make."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path

import pytest
from support import programs
from support.programs import Ended, Run

ROOT = Path(__file__).parent.parent.parent
PROTOCOL = ROOT / "shmpubsub" / "protocol"
HERE = Path(__file__).parent

# -fno-sanitize-recover: undefined behaviour ends the program, and with it the test.
ADDRESS = ["-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]
ADDRESS += ["-fno-sanitize-recover=all"]
FLAGS = {
    "plain": ["-O3"],
    "address": ADDRESS,
    # TSan models no fences (gcc warns: -Wtsan), and runs with the machine's own memory order: it
    # cannot check ring.h's orders. It does find every access that is not atomic.
    "thread": ["-O1", "-fsanitize=thread"],
}
OPTIONS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}

Objects = dict[Path, Path]
"""What each source was compiled to."""

LONGER = int(os.environ.get("SHM_PUB_SUB_STRESS") or 1)
"""How many times as much each stress does."""


def compiler() -> list[str]:
    """The command that compiles the product; skips if there is none."""
    command = shlex.split(os.environ.get("CC", "gcc"))
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    return command


def compile_c(
    command: list[str], flags: list[str], source: Path, output: Path, *defines: str
) -> None:
    macros = [f"-D{define}" for define in defines]
    done = programs.run(
        *command, *strict(command, flags), *macros, source, "-o", output, timeout=300
    )
    assert done.returncode == 0, done.stderr


def strict(command: list[str], flags: list[str]) -> list[str]:
    options = ["-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{PROTOCOL}"]
    if "-fsanitize=thread" in flags and "clang" not in command[0]:
        options.append("-Wno-tsan")
    return [*options, *flags]


def objects(folder: Path, command: list[str], flags: list[str], sources: Iterable[Path]) -> Objects:
    """Compile sources into a folder beside the test's, where the next test finds the objects."""
    words = shlex.join([*command, *flags])
    made = folder.parent / f"objects-{hashlib.sha256(words.encode()).hexdigest()[:16]}"
    made.mkdir(exist_ok=True)
    outputs = {source: made / f"{source.parent.name}-{source.stem}.o" for source in sources}
    for source, output in outputs.items():
        if not output.exists():
            done = programs.run(*command, *flags, "-c", source, "-o", output, timeout=300)
            assert done.returncode == 0, done.stderr
    return outputs


@cache
def launcher(sanitizer: str, command: tuple[str, ...]) -> list[str]:
    """What to put before a program of that sanitizer; skips where it cannot work at all."""
    if sanitizer == "plain":
        return []
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "empty.c"), Path(folder, "empty")
        source.write_text("int main(void) { return 0; }\n")
        built = programs.run(*command, *FLAGS[sanitizer], source, "-o", program, timeout=300)
        if built.returncode:
            pytest.skip(f"{command[0]} has no {sanitizer} sanitizer: {built.stderr[-300:]}")
        # TSan of some releases does not start under much address randomization.
        for before in ([], ["setarch", "-R"]):
            if before and shutil.which(before[0]) is None:
                continue
            run = subprocess.run([*before, program], capture_output=True, check=False)
            if run.returncode == 0:
                return before
        pytest.skip(f"the {sanitizer} sanitizer does not start here: {run.stderr[-300:]!r}")


def run_c(before: list[str], program: Path, *arguments: object) -> Ended:
    done = programs.run(*before, program, *arguments, env=os.environ | OPTIONS, timeout=1800)
    sys.stdout.write(done.stdout)
    return done


def stress(
    program: str,
    sanitizer: str,
    folder: Path,
    *macros: str,
    command: list[str] | None = None,
    product: str = "",
    flags: Sequence[str] = (),
) -> Run:
    """Compile a program, with files of the protocol that match product; return what runs it."""
    command = command or compiler()
    before = launcher(sanitizer, tuple(command))
    made = folder / program
    options = FLAGS[sanitizer]
    sources = PROTOCOL.glob(product) if product else []
    parts = objects(folder, command, strict(command, options), sources).values()
    compile_c(command, [*options, *map(str, parts), *flags], HERE / f"{program}.c", made, *macros)
    return partial(run_c, before, made)
