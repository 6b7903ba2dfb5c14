"""Loading gopy's module: when it is needed, as it starts the Go runtime, and again after a fork.

A forked child has the Go runtime's memory but not its threads: using it would hang. The C types of
_hot still work; calls into Go get a new copy of the library, with its own runtime.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import _module_locks  # type: ignore[attr-defined]
from _frozen_importlib_external import EXTENSION_SUFFIXES  # importlib.machinery's: see below
from _thread import RLock, get_ident  # threading takes half the time of importing all this
from types import ModuleType

from . import _hot, _runtime
from ._errors import CreateError, OpenError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

# fork() does not take it: the thread that loads the library may be waiting for a lock that another
# fork hook holds. A child has a new one.
_loading = RLock()
_loaded: Any = None
_loaded_after = 0  # forks; after another one the Go runtime of that copy is dead


def load(error: type[CreateError | OpenError] = OpenError) -> Any:
    """Return gopy's module with a Go runtime that works in this process; load it if needed.

    Raises error if the process lacks memory or threads for one.
    """
    global _loaded, _loaded_after
    if _loaded is not None and _loaded_after == _hot.forks():
        return _loaded
    with _loading:
        forks = _hot.forks()
        if _loaded is None or _loaded_after != forks:
            _runtime.check_room(error)
            # A forked child always takes a copy: its parent may have loaded the library itself,
            # even if this module has been imported again since.
            _loaded = _import_copy(forks, error) if forks else _runtime.start(_library())
        _loaded_after = forks
        return _loaded


def _library() -> str:
    # pathlib takes 3 ms to import.
    folder = os.path.dirname(os.path.abspath(__file__))
    for suffix in EXTENSION_SUFFIXES:
        path = f"{folder}/_shmpubsub{suffix}"
        if os.path.exists(path):
            return path
    from ._missing import why_missing

    raise ImportError(f"load the Go library of shm_pub_sub: {why_missing('_shmpubsub')}")


def _import_copy(forks: int, error: type[CreateError | OpenError]) -> ModuleType:
    """Load the library from a path that neither the dynamic linker nor Python has seen.

    They would return the parent's copy for a known path. A child has more forks behind it than any
    ancestor, so its path is new.
    """
    library = _library()
    try:
        copy = os.memfd_create("shm_pub_sub", os.MFD_CLOEXEC)
        with open(copy, "wb"), open(library, "rb") as source:
            while os.sendfile(copy, source.fileno(), None, 1 << 30):
                pass
            return _runtime.start(f"/proc/self/fd/{'./' * forks}{copy}")
    except (OSError, ImportError) as no_memory:
        in_memory = str(no_memory)  # if vm.memfd_noexec is set, or without /proc
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


def _forget_unfinished_imports() -> None:
    """Forget modules whose import no thread of this forked child will finish.

    Python keeps a lock for each module during its import. Those of threads that do not exist here
    stay locked, and importing such a module would hang. A fork cannot wait for the import: the
    module may need a lock that the forking thread holds.
    """
    here = get_ident()
    for name, reference in list(_module_locks.items()):
        lock = reference()
        if lock is None or lock.owner in (None, here):
            continue
        del _module_locks[name]
        module = sys.modules.get(name)
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            del sys.modules[name]


def _after_fork_in_child() -> None:
    global _loading
    _loading = RLock()
    _forget_unfinished_imports()


os.register_at_fork(after_in_child=_after_fork_in_child)
