"""results.json, and from it alone results.md and the plots."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from report import targets

DIGITS = 5
"""Significant ones: no time is as exact. Whole numbers, which may be counts, keep all of theirs."""


def rounded(found: Any) -> Any:
    if isinstance(found, float):
        number = found if found.is_integer() else float(f"{found:.{DIGITS}g}")
        return int(number) if number.is_integer() else number
    if isinstance(found, dict):
        return {str(key): rounded(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(value) for value in found]
    return found


def dumped(results: dict[str, Any]) -> str:
    """Return JSON with the innermost objects and lists on one line each."""
    text = json.dumps(rounded(results), indent=1)
    return re.sub(r"[\[{][^][{}]*[]}]", lambda found: re.sub(r"\n *", " ", found[0]), text) + "\n"


def write(results: dict[str, Any], output: Path) -> None:
    """Write results.json, results.md and the plots."""
    output.mkdir(parents=True, exist_ok=True)
    text = dumped(results)
    output.joinpath("results.json").write_text(text)
    results = json.loads(text)
    output.joinpath("results.md").write_text(markdown(results))
    for name, found in results["parts"].items():
        part = import_module(f"parts.{name}")
        if hasattr(part, "plot") and "failed" not in found:
            part.plot(found, output / name)


def markdown(results: dict[str, Any]) -> str:
    text = ["# Side by side", "", f"`{results['command']}`: {machine(results)}.", ""]
    text += [f"Load {results['load'][0]:.1f} before, {results['load'][1]:.1f} after.", ""]
    if results["troubles"]:
        text += ["Not measured:", ""]
        text += [f"- {name}: {why}" for name, why in results["troubles"].items()] + [""]
    if table := targets.markdown(results["parts"]):
        text += ["## Targets", "", table, ""]
    for name, found in results["parts"].items():
        part = import_module(f"parts.{name}")
        text += [f"## {part.TITLE}", ""]
        if "failed" in found:
            text += [f"Failed: {found['failed']}", ""]
            continue
        text += [part.markdown(found), ""]
        if hasattr(part, "plot"):
            text += [f"![{part.TITLE}]({name}.svg)", ""]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    text += ["## Versions", "", versions]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(text)).strip() + "\n"


def machine(results: dict[str, Any]) -> str:
    found = results["machine"]
    kind = "virtual processors" if found["virtualised"] else "processors"
    return (
        f"{found['date']}, CPython {found['python']}, {found['kernel']},"
        f" {found['processors']} {kind} of {found['processor']}"
    )
