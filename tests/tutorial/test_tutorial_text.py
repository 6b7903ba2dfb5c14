"""The programs are the specification's own lines, all of them, and a changed text is noticed."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from ._blocks import PROGRAMS, SIGNATURES, SYMPTOMS
from ._spec import Block, Spec, SpecChangedError

BLOCKS = {**PROGRAMS, **SIGNATURES, **SYMPTOMS}
USE_OF_THE_LIBRARY = re.compile(r"import shm_pub_sub|shm_pub_sub\.|\.publish\(|\.subscribe\(")

every_program = pytest.mark.parametrize("block", PROGRAMS.values(), ids=PROGRAMS)


@every_program
def test_a_restored_program_is_valid_python(tutorial: Spec, block: Block) -> None:
    compile(tutorial.source(block), "tutorial", "exec")


@every_program
def test_restoring_changes_only_the_indentation(tutorial: Spec, block: Block) -> None:
    restored = tutorial.source(block).splitlines()

    assert [line.lstrip() for line in restored] == tutorial.raw(block)


def test_every_line_that_uses_the_library_belongs_to_a_known_block(tutorial: Spec) -> None:
    known = {number for block in BLOCKS.values() for number in range(block.first, block.last + 1)}
    using = {n for n, line in enumerate(tutorial.lines, 1) if USE_OF_THE_LIBRARY.search(line)}

    assert using - known == set()


def test_no_two_blocks_share_a_line() -> None:
    in_order = sorted(BLOCKS.values(), key=lambda block: block.first)

    assert all(one.last < other.first for one, other in pairwise(in_order))


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_block_has_a_level_for_each_of_its_lines(block: Block) -> None:
    assert len(block.levels) == block.last - block.first + 1


def test_a_changed_text_is_refused_by_its_line_numbers(tmp_path: Path) -> None:
    changed = tmp_path / "changed.txt"
    changed.write_text("one\ntwo\nthree\n", encoding="utf-8")

    with pytest.raises(SpecChangedError, match=r"lines 2-3 of changed\.txt"):
        Spec(changed).source(Block(2, 3, "00", "0" * 64))


def test_a_block_that_moved_is_refused(tutorial: Spec) -> None:
    block = PROGRAMS["sensor_publisher"]
    moved = replace(block, first=block.first + 1, last=block.last + 1)

    with pytest.raises(SpecChangedError):
        tutorial.source(moved)
