"""What proves more than tests do: kill points, models, fuzzing; and how long the long runs are."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from build_machine import ROOT

# What `build.py soak` sets, unless it is set already.
LONG = {
    "SHM_PUB_SUB_KILLS": "10000",
    "SHM_PUB_SUB_STORM_SECONDS": "600",
    "SHM_PUB_SUB_CHILDREN": "2000",
    "SHM_PUB_SUB_EXITS": "120",
    "SHM_PUB_SUB_CHAOS": "20",
    "SHM_PUB_SUB_EXAMPLES": "1000",
    "SHM_PUB_SUB_WAITS": "900000",
    "SHM_PUB_SUB_VALUES": "30000000",
    "SHM_PUB_SUB_INTERRUPTS": "500",
    "SHM_PUB_SUB_SCRIPTS": "10000",
}

# For the second and later Pythons of a run: what depends on the library more than on Python.
SHORT = {
    "SHM_PUB_SUB_KILLS": "50",
    "SHM_PUB_SUB_STORM_SECONDS": "6",
    "SHM_PUB_SUB_CHILDREN": "16",
    "SHM_PUB_SUB_EXAMPLES": "30",
    "SHM_PUB_SUB_VALUES": "1000000",
    "SHM_PUB_SUB_SCRIPTS": "100",
}

# What is the same with any Python: for the first one of a run only.
ONCE = [
    "tests/benchmarks",
    "tests/cli/test_bench.py",
    "tests/cli/test_pages.py",
    "tests/docs",
    "tests/examples/test_c.py",
    "tests/examples/test_containers.py",
    "tests/examples/test_go.py",
    "tests/guest/test_compiler.py",
    "tests/guest/test_overlay.py",
    "tests/install",
    "tests/mutations",
    "tests/notebook",
    "tests/sanitizers/test_extension.py",
    "tests/sanitizers/test_ring.py",
    "tests/sanitizers/test_watch.py",
]

# The tests that LONG makes longer.
SOAKED = [
    "-s",
    "tests/crash",
    "tests/differential",
    "tests/exit",
    "tests/fork/test_storm.py",
    "tests/fuzz",
    "tests/storm",
    "tests/unit/lifetime/test_thread_chaos.py",
    "tests/waiting",
]

# Packages, their fuzz targets, and how many inputs take some seconds.
FUZZ = [
    ("./shmpubsub/internal/ring", "FuzzNewest", 20_000),
    ("./shmpubsub/internal/segment", "FuzzDecodeHeader", 40_000),
    ("./shmpubsub/internal/segment", "FuzzNewHeader", 30_000),
    ("./shmpubsub/internal/segment", "FuzzFileName", 40_000),
    ("./shmpubsub/internal/segment", "FuzzTopicFile", 3_000),
    ("./shmpubsub/bind", "FuzzCoded", 30_000),
]


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    print("+", shlex.join(map(str, command)), flush=True)
    subprocess.run([*map(str, command)], check=True, cwd=ROOT, env=env)


def check_kill_points(environment: dict[str, str]) -> None:
    run("go", "test", "-tags=killpoints", "-timeout=300s", "./shmpubsub/...", env=environment)


def fuzz(environment: dict[str, str], times: int) -> None:
    """Fuzz each target with a number of inputs, times as many as takes some seconds.

    Not for a time: before Go 1.27 its end may fail a sound target (golang.org/issue/75804).
    """
    for package, target, inputs in FUZZ:
        options = [f"-fuzz=^{target}$", f"-fuzztime={inputs * times}x", "-run=^$", "-parallel=2"]
        run("go", "test", *options, package, env=environment)


def provide(*packages: str) -> None:
    """Install what only the system has, where it may be done unasked: by root, in CI."""
    if os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        for package in packages:  # one by one: not every system has each
            subprocess.run(["apt-get", "install", "-y", "-qq", package], check=False, env=quiet)


def check_models(full: bool) -> None:
    """Check the models exhaustively, where spin is; not having it is a failure in CI."""
    if shutil.which("spin") is None and not os.environ.get("CI"):
        print("NOT CHECKED: spin is not installed (Debian: apt install spin)")
        return
    run(sys.executable, "docs/models/check.py", *(["--full"] if full else []))
