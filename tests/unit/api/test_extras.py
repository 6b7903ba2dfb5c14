"""Hints name an extra's packages, and never this project on an index."""

import re
import sys

from shm_pub_sub._extras import EXTRAS
from support.paths import ROOT

FOLDERS = ("python", "docs", "examples", "benchmarks")
HINT = re.compile(r"pip install\s+(?:[^`\n]*[ '\"])?shm.pub.sub\b")
TEXTS = {".py", ".pyi", ".md", ".ipynb"}


def test_packages_are_those_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (table,) = re.findall(
        r"^\[project.optional-dependencies\]\n((?:\w.*\n)+)", project, re.MULTILINE
    )
    found = {}
    for line in table.splitlines():
        name, _, packages = line.partition(" = ")
        if sys.version_info >= (3, 11):
            packages = re.sub(r'"[^"]*; python_version < .*?"', "", packages)
        found[name] = tuple(re.findall(r'"([\w-]+)', packages))
    assert found == EXTRAS


def test_no_text_has_this_project_fetched_from_an_index() -> None:
    """Anyone could register the name there, and would be installed."""
    wrong = []
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in TEXTS and path.is_file():
                text = path.read_text(encoding="utf-8")
                wrong += [f"{path.relative_to(ROOT)}: {found}" for found in HINT.findall(text)]
    assert wrong == []
