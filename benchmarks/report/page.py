"""The report of a run: results.json, results.md and plots, from the figures only."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

DIGITS = 5
"""Significant ones: no time is as exact. Whole numbers, which may be counts, have all of theirs."""


def rounded(found: Any) -> Any:
    if isinstance(found, float):
        return int(found) if found.is_integer() else float(f"{found:.{DIGITS}g}")
    if isinstance(found, dict):
        return {str(key): rounded(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(value) for value in found]
    return found


def dumped(results: dict[str, Any]) -> str:
    """JSON with one line for each list of figures."""
    text = json.dumps(rounded(results), indent=1)
    return re.sub(r"\[[^][{}\"]*\]", lambda found: " ".join(found[0].split()), text) + "\n"


def write(results: dict[str, Any], output: Path) -> None:
    """Everything but results.json, as if from that."""
    results = json.loads(dumped(results))
    text = ["# Side by side", "", f"`{results['command']}`: {sentence(results)}.", ""]
    text += [f"Load {_load(results, 'before')} before, {_load(results, 'after')} after.", ""]
    if results["troubles"]:
        text += ["Not measured:", ""]
        text += [f"- {name}: {why}" for name, why in results["troubles"].items()] + [""]
    for name, found in results["parts"].items():
        part = import_module(f"parts.{name}")
        text += [f"## {part.TITLE}", ""]
        if "failed" in found:
            text += [f"Failed: {found['failed']}", ""]
            continue
        text += [part.markdown(found), "", *_plotted(part, name, found, output)]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    text += ["## Versions", "", versions, ""]
    output.joinpath("results.md").write_text(tidy("\n".join(text)) + "\n")


def tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _load(results: dict[str, Any], when: str) -> str:
    return f"{results['load'][when][0]:.1f}"


def _plotted(part: ModuleType, name: str, found: dict[str, Any], output: Path) -> list[str]:
    if not hasattr(part, "plot"):
        return []
    try:
        import matplotlib  # noqa: PLC0415 - where it is installed
    except ImportError:
        return []
    matplotlib.use("Agg")
    # Names in an SVG that depend on nothing but the figures; text as text, which is small.
    matplotlib.rcParams |= {"svg.hashsalt": "shm_pub_sub", "svg.fonttype": "none"}
    part.plot(found, output / name)
    return [f"![{part.TITLE}]({name}.svg)", ""]


def sentence(results: dict[str, Any]) -> str:
    machine = results["machine"]
    kind = "virtual processors" if machine["virtualised"] else "processors"
    return (
        f"{machine['date']}, CPython {machine['python']}, {machine['kernel']},"
        f" {machine['processors']} {kind} of {machine['processor']}"
    )
