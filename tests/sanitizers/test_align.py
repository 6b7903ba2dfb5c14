"""align.c while values are overwritten, built plainly and with sanitizers."""

from pathlib import Path

import pytest

from ._compile import stress


@pytest.mark.parametrize("sanitizer", ["plain", "address"])
def test_a_search_meets_a_publisher_anywhere(sanitizer: str, tmp_path: Path) -> None:
    done = stress("align_meeting", sanitizer, tmp_path)()
    assert (done.returncode, done.stderr) == (0, "")
    meetings, _, lapped, _ = done.stdout.split()
    assert int(meetings) == 480
    assert int(lapped) > 0
