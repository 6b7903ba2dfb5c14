"""Every block of the documentation runs, and prints what the page says."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from support import pages
from support.pages import Block, Section
from support.programs import PRELUDE, Programs
from support.terminals import Terminals, environment

README = "../README.md"
PAGES = [README, "index.md", "tutorial.md", "testing.md", "containers.md", "migration.md", "faq.md"]
PAGES += ["receiving.md", "loops.md", "arrays.md", "records.md", "together.md", "metadata.md"]
PAGES += ["probes.md", "network.md"]
PAGES += sorted(f"command-line/{path.name}" for path in (pages.DOCS / "command-line").glob("*.md"))
ELSEWHERE = (
    "memory-layout.md",  # examples/test_c.py
    "network-format.md",  # test_network_format.py
    "network-security.md",  # network/test_security_page.py
    "notebooks.md",  # notebook/
    "api.md",  # test_api.py
)
SECTIONS = [section for page in PAGES for section in pages.sections(page)]


@pytest.fixture
def terminals(tmp_path: Path, shm_dir: Path) -> Iterator[Terminals]:
    terminals = Terminals(tmp_path)
    yield terminals
    terminals.end()


def _parameters(sections: list[Section]) -> list[object]:
    return [pytest.param(section, id=f"{section.page}:{section.line}") for section in sections]


@contextmanager
def prepared(section: Section, programs: Programs, folder: Path) -> Iterator[None]:
    """Run the program that prepares a section's domain."""
    if section.program:
        (folder / "publisher.py").write_text(PRELUDE + section.program, encoding="utf-8")
        command = ("python", "publisher.py")
        program = programs.start(*command, cwd=folder, env=environment())
        assert program.line() == "ready"
        yield
        program.release()
    else:
        yield


@pytest.mark.shm_leaves_files("what the commands of a page leave is the page's own affair")
@pytest.mark.parametrize("section", _parameters(SECTIONS))
def test_commands_print_what_the_page_says(
    section: Section, terminals: Terminals, programs: Programs, tmp_path: Path
) -> None:
    with prepared(section, programs, tmp_path):
        for block in section.blocks:
            if block.file:
                (tmp_path / block.file).write_text(block.text, encoding="utf-8")
            elif block.language == "console" and not block.excuse:
                for command in pages.commands(block):
                    terminals.run(command, 100 if section.page.startswith("command-line") else 80)


def _programs() -> Iterator[object]:
    for section in SECTIONS:
        for block in section.blocks:
            if block.language == "python" and not block.file and not block.excuse:
                yield pytest.param(section, block, id=f"{block.page}:{block.line}")


@pytest.mark.shm_leaves_files("what prepares a domain is killed")
@pytest.mark.parametrize(("section", "block"), [*_programs()])
def test_program_runs_alone(
    section: Section, block: Block, programs: Programs, tmp_path: Path
) -> None:
    with prepared(section, programs, tmp_path):
        ended = programs.run_python(block.text, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not section.program or (ended.stdout and "silent" not in ended.stdout)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_run_or_says_why_not(page: str) -> None:
    for block in pages.blocks(page):
        where = f"{page}:{block.line}"
        if block.language == "python":
            ast.parse(block.text)
        elif block.language == "yaml" and not block.excuse:
            services = pytest.importorskip("yaml").safe_load(block.text)["services"]
            assert all("image" in service or "build" in service for service in services.values())
        elif block.language != "console" and not block.file:
            assert block.excuse, f"{where}: {block.language} is nothing that can be run"
        assert not block.excuse or len(block.excuse) > 5, where


def test_every_page_with_blocks_is_tested() -> None:
    found = {str(path.relative_to(pages.DOCS)) for path in pages.DOCS.rglob("*.md")}
    with_blocks = {page for page in found if any(pages.blocks(page))}
    assert {page for page in with_blocks if not page.startswith(ELSEWHERE)} == {*PAGES} - {README}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_a_page_is_used(page: str) -> None:
    found = [*pages.blocks(page)]
    used = "\n".join(block.text for block in found if block.language == "console")
    for block in found:
        assert block.file is None or block.file in used, f"{page}:{block.line}: nobody runs it"


@pytest.mark.parametrize(
    ("console", "complaint"),
    [
        ("$ echo one\ntwo\n", "line 2: echo one"),
        ("$ echo one 2\none two\n", "line 2: echo one"),
        ("$ echo 1\n2\nmore\n...\n", "it ended"),
        ("$ false\n$ true; echo 1\n...\n2 3\n", "line 3: true"),
        ("$ (exit 3)\n$ [ $? = 3 ] && echo three\nthree\n", None),
        ("no command\n", "output of no command"),
        ("$ seq 1 3 > list; tail -f list\n1\n...\n3\n^C\n$ echo one\none\n", None),
    ],
)
def test_a_page_that_is_wrong_fails(
    console: str,
    complaint: str | None,
    terminals: Terminals,
    programs: Programs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "page.md").write_text(f"```console\n{console}```\n", encoding="utf-8")
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    (section,) = pages.sections("page.md")
    with pytest.raises(AssertionError, match=complaint) if complaint else nullcontext():
        test_commands_print_what_the_page_says(section, terminals, programs, tmp_path)


def test_shape_is_the_same_words_with_other_numbers_and_spaces() -> None:
    shape = pages.shape
    assert shape(["1.2 s ago, in /dev/shm"]).fullmatch("3 ms ago, in /dev/shm\n")
    assert not shape(["1.2 s ago"]).fullmatch("3 Hz ago\n")
    lines = shape(["robot/speed  float  12.5 Hz", "..."])
    assert lines.fullmatch("robot/speed float     3 Hz\n")
    assert lines.fullmatch("robot/speed float     3 Hz\nmore\nand more\n")
    assert not lines.fullmatch("robot/speed int     3 Hz\n")
    assert not lines.fullmatch("robot/speed float  fast Hz\n")
    assert not lines.fullmatch("a line before\nrobot/speed float     3 Hz\n")


def test_a_block_that_nobody_runs_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    for text in ("```rust\nfn main() {}\n```\n", "```yaml\nservices: {a: {}}\n```\n"):
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        with pytest.raises(AssertionError):
            test_every_block_is_run_or_says_why_not("page.md")
