"""Every python block of the pages passes mypy --strict."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.pages import DOCS, Block
from support.pages import blocks as blocks_of
from test_typing import ended, needs

ROOT = DOCS.parent
CELLS = ("docs/notebooks.md",)
"""Pages whose blocks use names of the blocks before them."""

ERROR = re.compile(r"^(page_\w+)\.py:(\d+): error: .*\[(.+)\]$", re.MULTILINE)


def pages() -> list[Path]:
    folders = (ROOT / folder for folder in ("docs", "examples", "benchmarks"))
    return [ROOT / "README.md", *sorted(p for f in folders for p in f.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    return [block for block in blocks_of(str(page)) if block.language == "python"]


def modules(page: Path) -> Iterator[list[Block]]:
    """Blocks that are one module."""
    if page.is_relative_to(ROOT) and str(page.relative_to(ROOT)) in CELLS:
        yield blocks(page)
    else:
        yield from ([block] for block in blocks(page))


def source(module: list[Block]) -> str:
    """The blocks, every line with the number that it has on the page."""
    text = ""
    for block in module:
        text += "\n" * (block.line - text.count("\n")) + block.text
    return text


def faults(folder: Path, pages: list[Path]) -> list[str]:
    """Errors that mypy finds and the page does not name, and the reverse."""
    written: dict[str, list[Block]] = {}
    for page in pages:
        for module in modules(page):
            name = f"page_{len(written)}"
            written[name] = module
            (folder / f"{name}.py").write_text(source(module), encoding="utf-8")
    output = ended(folder, "mypy", *(f"{name}.py" for name in written)).stdout
    found: dict[tuple[str, int], set[str]] = {}
    unnamed = []
    for error in ERROR.finditer(output):
        block = [b for b in written[error[1]] if b.line < int(error[2])][-1]
        found.setdefault((block.page, block.line), set()).add(error[3])
        if error[3] not in block.mypy_errors:
            unnamed.append(f"{block.page}:{error[2]}: {error[0].partition(' error: ')[2]}")
    for block in (block for module in written.values() for block in module):
        for code in sorted(block.mypy_errors - found.get((block.page, block.line), set())):
            unnamed.append(f"{block.page}:{block.line}: mypy finds no [{code}]")
    summary = "Found|Success: no issues found"
    assert re.search(rf"^({summary}) .*\b{len(written)} source file", output, re.MULTILINE), output
    return unnamed


@needs("mypy")
def test_mypy_finds_no_fault_in_the_pages_but_what_they_name(tmp_path: Path) -> None:
    assert faults(tmp_path, pages()) == []


@needs("mypy")
def test_a_block_that_is_wrong_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nprint(1 + 1)\n```\n"
        "```python\n\nprint(1 + '')\n```\n"
        "<!-- mypy: operator -->\n```python\nprint(1 + '')\n```\n"
        "<!-- mypy: operator -->\n<!-- not run: why -->\n```python\nprint(1)\n```\n",
        encoding="utf-8",
    )
    first, second = faults(tmp_path, [page])
    assert first.startswith(f"{page}:6: Unsupported operand types")
    assert second == f"{page}:14: mypy finds no [operator]"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_python_block_of_a_page_is_missed(page: Path) -> None:
    fences = re.findall(r"^\W*```\W*py", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == len(blocks(page))
