"""Break the protocol on purpose, in copies of the tree, and write down which tests notice.

    python3 build.py mutations            all of them, and the table docs/mutations.md
    python3 build.py mutations fork ring  those whose description has one of the words; no table

Each copy is built, and only then tested: an edit that does not compile proves nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from build import EXTENSIONS, use_tools
from build_machine import BUILD, ROOT, go_environment
from build_target import SUFFIX

from ._mutation import GO, PYTHON, Mutation
from ._mutations import MUTATIONS

FOLDER = BUILD / "mutations"
TREE = FOLDER / "tree"  # one path for all, so that Go's cache serves them all
LIMIT = 900
"""Seconds for the tests that one name stands for."""


@dataclass
class Verdict:
    asked: str
    caught: list[str]  # the tests that failed


def copy_tree() -> None:
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    shutil.rmtree(TREE, ignore_errors=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, TREE / name)


def build_extensions(python: Path, names: list[str]) -> None:
    package = TREE / "python" / "shm_pub_sub"
    for name in EXTENSIONS:
        kept, built = FOLDER / f"{name}{SUFFIX}", package / f"{name}{SUFFIX}"
        if name in names or not kept.exists():
            make = f"import build; build.EXTENSIONS[{name!r}](build.Path({str(built)!r}))"
            subprocess.run([python, "-c", make], cwd=TREE, env=go_environment(), check=True)
        else:
            shutil.copy(kept, built)


def keep_extensions() -> None:
    for name in EXTENSIONS:
        shutil.copy(TREE / "python" / "shm_pub_sub" / f"{name}{SUFFIX}", FOLDER)


def ask(name: str, pytest: Path) -> Verdict:
    """Run the tests that name stands for in the copy."""
    if name in GO:
        command = ["go", "test", "-vet=off", "-timeout=120s", "-count=1", *GO[name]]
        failed = r"^\s*--- FAIL: (\S+)|^panic: (test timed out.*)"
    else:
        options = ["-q", "-x", "-pno:cacheprovider", "--timeout=100"]
        command = [str(pytest), *options, *PYTHON[name]]
        failed = r"^(?:FAILED|ERROR) (\S+)|^\+{20,} (Timeout) \+{20,}$"
    env = go_environment() | {"PYTHONPATH": str(TREE / "python"), "SHM_PUB_SUB_KILLS": "100"}
    env["PYTEST_PLUGINS"] = "shm_pub_sub.pytest_plugin"  # it is not installed: its marks
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=TREE,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return Verdict(name, [f"{name}: it hangs"])
    found = [a or b for a, b in re.findall(failed, done.stdout + done.stderr, re.MULTILINE)]
    if done.returncode and not found:
        found = [f"{name}: exit status {done.returncode}"]
        print(done.stdout[-2000:], done.stderr[-2000:])
    return Verdict(name, found if done.returncode else [])


def judge(
    mutation: Mutation | None, asked: Iterable[str], python: Path, pytest: Path
) -> list[Verdict]:
    """Build a copy with the mutation, or with none, and ask until one notices."""
    copy_tree()
    rebuilt: list[str] = []
    if mutation is not None:
        (TREE / mutation.file).write_text(mutation.applied(), encoding="utf-8")
        if mutation.file.endswith((".c", ".h")):
            rebuilt = ["_hot"]
        elif mutation.file.endswith(".go"):
            rebuilt = ["_shmpubsub"]
            subprocess.run(["go", "build", "./..."], cwd=TREE, env=go_environment(), check=True)
    if mutation is None or set(asked) & set(PYTHON):
        build_extensions(python, rebuilt)
    if mutation is None:
        keep_extensions()
    verdicts = []
    for name in asked:
        verdicts.append(ask(name, pytest))
        if verdicts[-1].caught and mutation is not None:
            break
    return verdicts


def row(mutation: Mutation, verdicts: list[Verdict]) -> str:
    by = [short(verdict.caught[0]) for verdict in verdicts if verdict.caught]
    missed = [verdict.asked for verdict in verdicts if not verdict.caught]
    return f"| {mutation.what} | {'; '.join(by) or '**none**'} | {', '.join(missed)} |"


def short(test: str) -> str:
    """Return the name of a test without its folder and its parameters' values."""
    test = re.sub(r"\[.*", "", test)
    return f"`{re.sub(r'^.*/', '', test) if '::' in test else test}`"


def run(words: list[str]) -> None:
    python = use_tools()
    venv = FOLDER / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip: list[str | Path] = [venv / "bin" / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
    subprocess.run([*pip, "--group", "test"], check=True, cwd=ROOT)
    pytest = venv / "bin" / "pytest"
    for kept in FOLDER.glob(f"*{SUFFIX}"):
        kept.unlink()
    start = time.monotonic()
    chosen = [m for m in MUTATIONS if not words or any(word in m.what for word in words)]
    everybody = {name: None for mutation in chosen for name in mutation.asked}
    unbroken = judge(None, everybody, python, pytest)
    if failures := [test for verdict in unbroken for test in verdict.caught]:
        raise SystemExit(f"these fail without any mutation: {failures}")
    rows: list[str] = []
    survived: list[str] = []
    for mutation in chosen:
        verdicts = judge(mutation, mutation.asked, python, pytest)
        rows.append(row(mutation, verdicts))
        print(f"{time.monotonic() - start:6.0f} s {rows[-1]}", flush=True)
        if not any(verdict.caught for verdict in verdicts):
            survived.append(mutation.what)
    if not words:
        write_table(rows)
    print(f"{len(rows)} mutations, {len(survived)} noticed by no test: {survived}")


def write_table(rows: list[str]) -> None:
    path = ROOT / "docs" / "mutations.md"
    head, _, _ = path.read_text(encoding="utf-8").partition("| What")
    columns = "| What is broken | Noticed by | Ran before, noticed nothing |"
    table = [columns, "| --- | --- | --- |", *rows]
    path.write_text(head + "\n".join(table) + "\n", encoding="utf-8")
