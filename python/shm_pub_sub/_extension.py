"""Loading gopy's module: late, because it starts the Go runtime, and again after a fork.

A forked child inherits the Go runtime's memory but not its threads: using it would hang. The C
types of _hot work on; what needs Go gets a fresh copy of the library, with a runtime of its own.
"""

from __future__ import annotations

import os
from _frozen_importlib_external import EXTENSION_SUFFIXES  # importlib.machinery's: see below
from _thread import RLock  # threading's own; that takes half the time of importing all this
from types import ModuleType

from . import _hot, _runtime
from ._errors import CreateError, OpenError
from ._imports import forget_unfinished

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

# Whoever forks does not take it: the thread that loads the library may be waiting for a lock which
# another of fork's hooks holds. A child has a new one.
_loading = RLock()
_loaded: Any = None
_loaded_after = 0  # forks: in a process with more of them behind it, that copy's Go is dead


def load(error: type[CreateError | OpenError] = OpenError) -> Any:
    """Return gopy's module with a Go runtime that lives in this process; load it if needed.

    Raise the error if the process has no room for one.
    """
    global _loaded, _loaded_after
    if _loaded is not None and _loaded_after == _hot.forks():
        return _loaded
    with _loading:
        forks = _hot.forks()
        if _loaded is None or _loaded_after != forks:
            _runtime.check_room(error)
            # In a forked child always a copy: the parent may have loaded the library itself, even
            # if this module was imported anew since.
            _loaded = _import_copy(forks, error) if forks else _runtime.start(_library())
        _loaded_after = forks
        return _loaded


def _library() -> str:
    # Without pathlib, which costs 3 ms to import.
    folder = os.path.dirname(os.path.abspath(__file__))
    for suffix in EXTENSION_SUFFIXES:
        path = f"{folder}/_shmpubsub{suffix}"
        if os.path.exists(path):
            return path
    from ._missing import why_missing

    raise ImportError(f"load the Go library of shm_pub_sub: {why_missing('_shmpubsub')}")


def _import_copy(forks: int, error: type[CreateError | OpenError]) -> ModuleType:
    """Load the library under a name that neither the dynamic linker nor Python has seen.

    Both go by path and would return the parent's copy. Every child has more forks behind it than
    its ancestors, so none gets a path that one of them had.
    """
    library = _library()
    try:
        copy = os.memfd_create("shm_pub_sub", os.MFD_CLOEXEC)
        with open(copy, "wb"), open(library, "rb") as source:
            while os.sendfile(copy, source.fileno(), None, 1 << 30):
                pass
            return _runtime.start(f"/proc/self/fd/{'./' * forks}{copy}")
    except (OSError, ImportError) as no_memory:
        in_memory = str(no_memory)  # as where vm.memfd_noexec is set, or without /proc
    import shutil
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="shm_pub_sub.") as folder:
            return _runtime.start(shutil.copy(library, f"{folder}/copy{forks}.so"))
    except (OSError, ImportError) as no_file:
        operation = "create" if error is CreateError else "open"
        raise error(
            f"Failed to {operation} shared memory: load the Go library again, after a fork: found "
            f"no way in memory ({in_memory}) nor in a temporary directory ({no_file}); expected "
            "one that may be executed; set TMPDIR to such a directory, or vm.memfd_noexec to 0, "
            "or start the process by spawn"
        ) from None


def _after_fork_in_child() -> None:
    global _loading
    _loading = RLock()
    forget_unfinished()


os.register_at_fork(after_in_child=_after_fork_in_child)
