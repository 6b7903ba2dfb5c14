"""The table of examples names every one, and every one says how to run it."""

import re
from pathlib import Path

import pytest
from support.paths import EXAMPLES, ROOT

PROGRAMS = sorted(path.name for path in EXAMPLES.glob("[!_]*.py"))
GO_PROGRAMS = sorted(path.parent.name for path in EXAMPLES.glob("go/*/main.go"))


def test_table_names_every_example() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"^\| \[.*?\]\((.*?)\)", text, re.MULTILINE)
    notebooks = sorted(path.name for path in EXAMPLES.glob("*.ipynb"))
    others = ["c/read_topic.c", *notebooks, *(f"go/{name}/main.go" for name in GO_PROGRAMS)]
    assert sorted(linked) == sorted([*PROGRAMS, *others])


def test_every_example_says_how_to_run_it() -> None:
    for name in PROGRAMS:
        assert f"python examples/{name}" in (EXAMPLES / name).read_text(encoding="utf-8")
    for name in GO_PROGRAMS:
        source = (EXAMPLES / "go" / name / "main.go").read_text(encoding="utf-8")
        assert f"go run ./{name}" in source


@pytest.mark.parametrize("page", [ROOT / "README.md", EXAMPLES / "README.md"], ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []
