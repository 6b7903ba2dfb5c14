"""Why a native library of this package cannot be imported, for the error's text."""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import EXTENSION_SUFFIXES  # importlib.machinery's

_BUNDLED = (
    "a bundled program must include shm_pub_sub._hot and shm_pub_sub._shmpubsub "
    "(PyInstaller finds them by itself, or with --hidden-import; Nuitka: --include-module; "
    "cx_Freeze: includes)"
)


def why_missing(library: str) -> str:
    """Say what was found in the place of the library of that name, and what to do."""
    folder = os.path.dirname(os.path.abspath(__file__))
    wanted = f"{library}{EXTENSION_SUFFIXES[0]}"
    try:
        files = os.listdir(folder)
    except NotADirectoryError:
        return (
            f"found {folder} within an archive; expected a folder: native libraries are loaded "
            "from files; unpack it, as shiv and pex do and zipapp does not"
        )
    except OSError as error:
        return f"found no folder {folder} ({error.strerror}); expected {wanted} there; {_BUNDLED}"
    if wanted in files:
        return f"found {wanted} in {folder}, which cannot be loaded; reinstall shm_pub_sub"
    others = sorted(file for file in files if file.startswith(f"{library}."))
    if others:
        return (
            f"found {others[0]} in {folder}; expected {wanted}: it was not built for this Python "
            f"({sys.version.split()[0]}); reinstall shm_pub_sub with this interpreter's pip"
        )
    if getattr(sys, "frozen", False):
        return f"found no {wanted} in {folder}; {_BUNDLED}"
    return (
        f"found no {wanted} in {folder}; expected it there; reinstall shm_pub_sub, or run build.py "
        f"in a source tree; {_BUNDLED}"
    )
