"""The values of the storm of arrays: every word of one is the same, and all its parts say it.

A value that is torn, or changes while it is kept, shows its writers.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from shm_pub_sub import MaxSize

SIZES = [8, 512, 8192, 1 << 17, 1 << 20, 2048]
"""Words of a value, by the number of the topic: 64 bytes to 8 MiB. Odd topics' values vary."""

RECORDS = 5
"""The topic of records."""

Words = npt.NDArray[np.uint64]


@dataclass
class Sample:
    """Its array has one length; `some` varies."""

    word: int = 0
    text: Annotated[str, 20] = ""
    array: Words = field(default_factory=lambda: np.zeros(SIZES[RECORDS], np.uint64))
    some: Annotated[Words, MaxSize(SIZES[RECORDS])] = field(
        default_factory=lambda: np.zeros(0, np.uint64)
    )


def topic_name(topic: int) -> str:
    return f"arrays/{topic}"


def default(topic: int) -> Any:
    if topic == RECORDS:
        return Sample()
    return np.zeros(0 if topic % 2 else SIZES[topic], np.uint64)


def room(topic: int) -> Any:
    """What a value is read into."""
    words = np.zeros(SIZES[topic], np.uint64)
    return Sample(some=words) if topic == RECORDS else words


def sizes(topic: int) -> dict[str, Any]:
    return {"max_size": SIZES[topic]} if topic % 2 and topic != RECORDS else {}


def length(topic: int, k: int) -> int:
    """How many words a value has, or that array of it which varies."""
    return 1 + k * 0x9E3779B1 % SIZES[topic] if topic % 2 else SIZES[topic]


def made(topic: int, n: int, word: int) -> Any:
    words = np.full(n, word, np.uint64)
    if topic != RECORDS:
        return words
    return Sample(word, str(word), np.full(SIZES[topic], word, np.uint64), words)


def to_lend(topic: int, n: int) -> list[int]:
    """The arguments of loan()."""
    return [n] if sizes(topic) else []


def fill(lent: Any, topic: int, n: int, word: int) -> None:
    """Fill what loan() lends."""
    if topic != RECORDS:
        lent[:] = word
        return
    lent.word, lent.text = word, str(word)
    lent.array[:] = word
    lent.some = lent.some[:n]
    lent.some[:] = word


def words_of(value: Any) -> Words:
    """Its words, those that vary in number."""
    words: Words = value.some if isinstance(value, Sample) else value
    return words


def differing(value: Any) -> list[str]:
    """Return what the parts of a torn value say; nothing if they agree."""
    words = words_of(value)
    first = words[0]
    if isinstance(value, Sample):
        said = {value.word, int(value.text or 0), int(first)}
        whole = (value.array == first).all() and len(said) == 1
        words = np.concatenate([value.array, words, np.array([*said], np.uint64)])
    else:
        whole = True
    if whole and (words == first).all():
        return []
    return [hex(each) for each in np.unique(words)[:4]]
