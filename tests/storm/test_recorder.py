"""The recorder logs at once what a single read proves wrong, and counts the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub

from ._log import Log, lines, path_of
from ._recorder import Recorder, Run
from ._values import DEFAULTS, LAST_K, LIMIT, content, value, word
from ._words import Words

TOPIC = 2


class Watch:
    """A recorder, what it reads, and what it has logged."""

    def __init__(self, folder: Path, kind: str = "int") -> None:
        self.words = Words(folder / "words")
        self.recorder = Recorder(Log(folder, "reader"), self.words, 7, TOPIC, kind)
        self._folder, self._kind = folder, kind

    def reads(self, *found: Any) -> list[list[Any]]:
        """Lets it read values (generation, k); None is no value; an exception is raised."""
        for each in found:
            self.recorder.read(lambda each=each: self._returned(each))
        self.recorder.flush()
        return [[what, *details] for what, _, *details in lines(path_of(self._folder, "reader"))]

    def _returned(self, each: Any) -> tuple[Any, bool]:
        if isinstance(each, Exception):
            raise each
        if each is None:
            return DEFAULTS[self._kind], False
        if isinstance(each, tuple):
            return value(self._kind, word(TOPIC, *each)), True
        return each, True


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


@pytest.mark.parametrize("kind", ["int", "float"])
@pytest.mark.parametrize("generation", [1, 4711, LIMIT - 1])
@pytest.mark.parametrize("k", [1, 12345, LAST_K])
def test_a_value_says_whose_it_is(kind: str, generation: int, k: int) -> None:
    made = value(kind, word(TOPIC, generation, k))
    assert type(made).__name__ == kind
    assert content(kind, TOPIC, made) == (generation, k)


@pytest.mark.parametrize("bit", range(64))
def test_a_value_with_one_other_bit_is_none(bit: int) -> None:
    found = word(TOPIC, 3, 4) ^ 1 << bit
    with pytest.raises(ValueError, match="0x"):
        content("int", TOPIC, found)


def test_a_value_of_another_topic_or_type_is_none() -> None:
    for topic in (0, 1, 3):
        with pytest.raises(ValueError, match="0x"):
            content("int", TOPIC, word(topic, 3, 4))
    with pytest.raises(ValueError, match="a float"):
        content("int", TOPIC, 1.0)


def test_runs_say_what_was_read_how_often(watch: Watch) -> None:
    runs = [Run(*run) for _, *run in watch.reads(None, (1, 1), (1, 1), (1, 9), (2, 1))]
    found = [(run.outcome, run.generation, run.last_k, run.reads, run.values) for run in runs]
    assert found == [("none", 0, 0, 1, 1), ("ok", 1, 9, 3, 2), ("ok", 2, 1, 1, 1)]
    assert all((run.reader, run.topic, run.kind) == (7, TOPIC, "int") for run in runs)
    assert all(run.first_start <= run.first_end <= run.last_end for run in runs)


def stale(watch: Watch) -> list[list[Any]]:
    watch.reads((1, 5))
    watch.words.done[1] = 7
    return watch.reads((1, 6))


FAULTS: dict[str, tuple[Callable[[Watch], list[list[Any]]], list[Any]]] = {
    "a number before the last one": (
        lambda watch: watch.reads((1, 5), (1, 4)),
        ["backwards", [7, TOPIC, "int", [1, 5, 4]]],
    ),
    "a number before one that publish() had returned for": (
        stale,
        ["stale", [7, TOPIC, "int", [1, 7, 6]]],
    ),
    "a torn value": (
        lambda watch: watch.reads(word(TOPIC, 1, 5) ^ 1),
        ["never published", [7, TOPIC, "int", hex(word(TOPIC, 1, 5) ^ 1)]],
    ),
    "another type": (
        lambda watch: watch.reads(1.5),
        ["never published", [7, TOPIC, "int", "a float"]],
    ),
    "an error": (
        lambda watch: watch.reads(shm_pub_sub.OpenError("x")),
        ["raised", [7, TOPIC, "int", "OpenError('x')"]],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noted(name: str, watch: Watch) -> None:
    read, fault = FAULTS[name]
    assert [details for what, *details in read(watch) if what == "fault"] == [fault]


def test_a_wrong_default_is_noted(watch: Watch) -> None:
    watch.recorder.read(lambda: (0, False))
    assert ["fault", "not the default", [7, TOPIC, "int", 0]] in watch.reads()


def test_another_types_publisher_is_an_outcome(watch: Watch) -> None:
    (run,) = watch.reads(shm_pub_sub.TopicTypeError("x"))
    assert Run(*run[1:]).outcome == "type"
