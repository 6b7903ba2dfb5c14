"""Checks of this machine's setup."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from .._arguments import check_directory
from .._errors import ShmError
from . import directory as topics_directory
from . import machine
from .finding import FAIL, Finding
from .removed import removed
from .self_test import self_test


def check(*, directory: str | os.PathLike[str] | None = None) -> Iterator[Finding]:
    """Check this machine's setup, and yield each finding as soon as it is known.

    The checks look at the directory of the topics, its file system, space and files, at limits,
    memory, the kernel and what is installed. The last one sends a value to another process. Nothing
    is changed.

    Args:
        directory: As for Subscriber.

    Raises:
        TopicTypeError: directory is of a type that is not accepted (a TypeError).
        TopicValueError: directory is a path that cannot be (a ValueError).
    """
    return _checked(check_directory(directory))


def _checked(where: str) -> Iterator[Finding]:
    yield machine.version()
    there = topics_directory.directory(where)
    yield there
    if there.verdict != FAIL:
        for each in (
            topics_directory.file_system,
            topics_directory.space,
            topics_directory.leftovers,
            topics_directory.owners,
            topics_directory.damage,
            removed,
            machine.descriptors,
        ):
            yield _safely(each, where)
    yield _safely(machine.memory)
    yield machine.file_size()
    yield machine.container()
    yield machine.logind(where, os.geteuid())
    yield _safely(machine.waiting)
    yield machine.forking()
    yield machine.extras()
    if there.verdict != FAIL:
        yield self_test(where)


def _safely(check: Callable[..., Finding], *arguments: Any) -> Finding:
    """Return a check's finding; what it cannot find out is one too."""
    try:
        return check(*arguments)
    except (ShmError, OSError, ImportError) as error:
        return Finding(check.__name__.replace("_", " "), FAIL, str(error))
