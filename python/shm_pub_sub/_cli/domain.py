"""A private domain, isolated from the machine's other topics."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shm_pub_sub._arguments import DIR_VARIABLE, directory


@contextmanager
def own_domain(verb: str) -> Iterator[Path]:
    """Use a new, empty directory in this process and its children; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix=f"shm_pub_sub-{verb}-", dir=directory()) as path:
        before = os.environ.get(DIR_VARIABLE)
        os.environ[DIR_VARIABLE] = path
        try:
            yield Path(path)
        finally:
            if before is None:
                del os.environ[DIR_VARIABLE]
            else:
                os.environ[DIR_VARIABLE] = before
