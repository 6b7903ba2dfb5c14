"""The machine and the versions that the figures belong to."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.rows import distribution as package
from harness.rows import requirements

ROOT = Path(__file__).parents[2]


def machine() -> dict[str, Any]:
    processor = _cpuinfo()
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processor": processor.get("model name", platform.processor() or platform.machine()),
        "processors": len(os.sched_getaffinity(0)),
        "governor": _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "virtualised": "hypervisor" in processor.get("flags", "").split(),
        "memory": _text("/proc/meminfo").partition("\n")[0].removeprefix("MemTotal:").strip(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "python": platform.python_version(),
        "compiler": platform.python_compiler(),
        "build": sys.version,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
    }


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of ours and of the rows' requirements."""
    wanted = {package(r) for name in names for r in requirements(name)}
    found = {}
    for distribution in sorted({*wanted, "shm_pub_sub", "numpy"}, key=str.lower):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[distribution] = importlib.metadata.version(distribution)
    return found


def _cpuinfo() -> dict[str, str]:
    lines = (line.split(":", 1) for line in _text("/proc/cpuinfo").split("\n\n")[0].splitlines())
    return {line[0].strip(): line[1].strip() for line in lines if len(line) == 2}


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _git(*command: str) -> str:
    try:
        ended = subprocess.run(
            ["git", *command], cwd=ROOT, check=False, capture_output=True, text=True
        )
    except OSError:
        return ""
    return ended.stdout.strip()
