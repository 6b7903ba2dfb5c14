"""The documentation site, in build/site: `build.py test` builds it strictly."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from proofs import run

from build import BUILD, ROOT

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = ("docs", "examples", "benchmarks")
"""Folders that have pages, or what pages link to."""


def build_docs(bin_folder: Path) -> None:
    """Build the site; a broken link, anchor or reference is an error.

    bin_folder is that of an environment with this wheel and the dependency group docs.
    """
    # mkdocs wants one folder that holds everything, its own configuration excepted.
    tree = BUILD / "docs"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for folder in SHOWN:
        (tree / folder).symlink_to(ROOT / folder)
    quiet = {"DISABLE_MKDOCS_2_WARNING": "true", "NO_MKDOCS_2_WARNING": "true"}
    configuration = ROOT / ".ci" / "mkdocs.yml"
    run(bin_folder / "mkdocs", "build", "--strict", "-q", "-f", configuration, env=quiet | os.environ)
