"""Another Python, for what takes two processes."""

from __future__ import annotations

import sys

from shm_pub_sub import ShmError


class BundledError(ShmError, RuntimeError):
    """There is no other Python to be had."""


def python(code: str, *arguments: str) -> list[str]:
    """Return the command that runs code in another process.

    Raises BundledError in a bundled program (PyInstaller's), where sys.executable is that program.
    """
    if getattr(sys, "frozen", False):
        raise BundledError(
            f"start another Python: found {sys.executable}, a bundled program; expected an "
            "interpreter; run this with an installed shm_pub_sub"
        )
    return [sys.executable, "-c", code, *arguments]
