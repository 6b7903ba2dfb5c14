"""The documentation site, in build/site: `build.py test` builds it strictly."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from build_machine import BUILD, ROOT
from stages import run

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = ("docs", "examples", "benchmarks", "CONTRIBUTING.md", "tests")
"""Pages and folders of pages, and of files that pages link to."""

OUTSIDE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]+(?:src|href)=[\"']?https?:[^>]*>")
QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # mkdocs-material's, of another tool


def build_docs(bin_folder: Path) -> None:
    """Build the site. A broken link, anchor or reference is an error.

    bin_folder is that of an environment with this wheel and the dependency group docs.
    """
    # mkdocs wants one folder with everything but its own configuration in it.
    tree = BUILD / "docs"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in SHOWN:
        (tree / name).symlink_to(ROOT / name)
    configuration = ROOT / ".ci" / "mkdocs.yml"
    run(
        bin_folder / "mkdocs",
        "build",
        "-q",
        "--strict",
        "-f",
        configuration,
        env=QUIET | os.environ,
    )
    for page in sorted((BUILD / "site").rglob("*.html")):
        if loaded := OUTSIDE.findall(page.read_text(encoding="utf-8")):
            raise SystemExit(f"{page} loads what is elsewhere: {loaded}")
