"""Loading gopy's module: when it is needed, as it starts the Go runtime, and again after a fork.

The program's signals, limits and descriptors stay as they are. Most of that is done when the
library is built (shmpubsub/guest), the rest here and in hot/guarded.c.

A forked child has the Go runtime's memory but not its threads: using it would hang. The C types of
_hot still work; calls into Go get a new copy of the library, with its own runtime.
"""

from __future__ import annotations

import os
import sys

# importlib.machinery's; importing that takes longer
from _frozen_importlib import ModuleSpec, _module_locks  # type: ignore[attr-defined]
from _frozen_importlib_external import EXTENSION_SUFFIXES, ExtensionFileLoader
from _thread import RLock, get_ident  # threading takes half the time of importing all this
from types import BuiltinFunctionType, ModuleType

from . import _hot
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
            _check_room(error)
            # A forked child always takes a copy: its parent may have loaded the library itself,
            # even if this module has been imported again since.
            _loaded = _import_copy(forks, error) if forks else _start(_library())
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


def _check_room(error: type[CreateError | OpenError]) -> None:
    """Raise error if the Go runtime would end this process for lack of memory or threads."""
    missing = _hot.no_room()
    if missing is not None:
        operation = "create" if error is CreateError else "open"
        raise error(f"Failed to {operation} shared memory: start the Go runtime: {missing}")


def _start(path: str) -> ModuleType:
    """Load gopy's module, which starts Go, and guard its functions."""
    name = f"{__package__}._shmpubsub"
    loader = ExtensionFileLoader(name, path)
    # Go's threads keep the signal mask of this call, so they get none of the program's signals.
    module: ModuleType = _hot.guarded(loader.create_module)(ModuleSpec(name, loader, origin=path))
    _hot.guarded(loader.exec_module)(module)
    for key, function in list(vars(module).items()):
        if isinstance(function, BuiltinFunctionType):
            setattr(module, key, _hot.guarded(function))
    module.bind_ShareForks(_hot.fork_words())  # returns when Go has started completely
    return module


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
            return _start(f"/proc/self/fd/{'./' * forks}{copy}")
    except (OSError, ImportError) as no_memory:
        in_memory = str(no_memory)  # if vm.memfd_noexec is set, or without /proc
    import shutil
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="shm_pub_sub.") as folder:
            return _start(shutil.copy(library, f"{folder}/copy{forks}.so"))
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
