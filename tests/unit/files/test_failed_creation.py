"""If memory runs out after Go has made a publisher, the topic is free again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, _extension, _hot


class WithoutMemory:
    """gopy's module, with one function that finds no memory."""

    def __init__(self, function: str) -> None:
        self._function = function

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == self._function:
            raise MemoryError
        found: Callable[..., Any] = getattr(_extension.load(), name)
        return found


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("function", ["IncRef", "bind_IntPublisher_Mapping"])
def test_the_topic_is_free_again(shm_dir: Path, function: str) -> None:
    go = WithoutMemory(function)
    arguments = str(shm_dir), "topic", 3, 0o600, False, False, "", ""
    with Publisher("other", 0):
        before = descriptors()
        with pytest.raises(MemoryError):
            _hot.Publisher()._create(go, go.bind_NewIntPublisher, arguments, 2)
        assert descriptors() == before
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.other"]
        with Publisher("topic", 0):
            pass
