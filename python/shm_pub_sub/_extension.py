"""Loading the extension: late, because it starts the Go runtime, and again after a fork.

A forked child inherits the Go runtime's memory but not its threads: using it would hang. The C
types work on; what needs Go gets a fresh copy of the shared library, with a runtime of its own.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from types import ModuleType

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    from typing import Any

# Held while Go makes a publisher, and by whoever forks: a child must not be born while a lock
# descriptor exists that the C side does not know of yet and so cannot close in it.
fork_lock = threading.RLock()
_loaded: Extension | None = None
_copies = 0  # of the library made in this process and those it was forked from


class Extension:
    """One loaded copy of the shared library: gopy's module, and the C types beside it."""

    def __init__(self, path: str) -> None:
        self.go: Any = _load("_shmpubsub", path)
        self.hot: Any = _load("_hot", path)
        self._complete: dict[type, type] = {}

    def complete(self, cls: type, base: str, slots: tuple[str, ...]) -> type:
        """Return cls with the C type of that name as its base, and so with its methods.

        The classes that users see exist before the library is loaded; their instances are of these.
        """
        found = self._complete.get(cls)
        if found is None:
            namespace = {
                "__slots__": slots,
                "__module__": cls.__module__,
                "__qualname__": cls.__qualname__,
                "__doc__": cls.__doc__,
            }
            found = type(cls.__name__, (getattr(self.hot, base), cls), namespace)
            self._complete[cls] = found
        return found


def load() -> Extension:
    """Return the extension whose Go runtime lives in this process, loading it where need be."""
    global _loaded  # noqa: PLW0603
    found = _loaded
    if found is not None and not found.hot.forked():
        return found
    with fork_lock:
        if _loaded is None:
            _loaded = Extension(_library())
        elif _loaded.hot.forked():
            _loaded = _load_copy()
        return _loaded


def publishers() -> list[Any]:
    """Return this process's open publishers."""
    found: list[Any] = [] if _loaded is None else _loaded.hot.publishers()
    return found


def _library() -> str:
    # Without pathlib, which costs 3 ms to import.
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    for suffix in EXTENSION_SUFFIXES:
        path = f"{folder}/_shmpubsub{suffix}"
        if os.path.exists(path):  # noqa: PTH110
            return path
    raise ImportError(
        f"no shared library _shmpubsub{EXTENSION_SUFFIXES[0]} in {folder}; it was not built for "
        f"this Python ({sys.version.split()[0]}): reinstall shm_pub_sub with this interpreter's pip"
    )


def _load_copy() -> Extension:
    """Load the library under a name that neither the dynamic linker nor Python has seen.

    Both go by path and would return the parent's copy. The count of copies is inherited, so no
    process gets a path that an ancestor had.
    """
    import shutil  # noqa: PLC0415 - only forked children need these
    import tempfile  # noqa: PLC0415

    global _copies  # noqa: PLW0603
    _copies += 1
    fd = os.memfd_create("shm_pub_sub", os.MFD_CLOEXEC)
    try:
        with open(_library(), "rb") as source, open(fd, "wb", closefd=False) as copy:  # noqa: PTH123
            shutil.copyfileobj(source, copy, 1 << 20)
        try:
            return Extension(f"/proc/self/fd/{'./' * _copies}{fd}")
        except ImportError:
            pass  # a kernel that does not execute memfds (vm.memfd_noexec), or no /proc
    finally:
        os.close(fd)
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub.") as folder:
        return Extension(shutil.copy(_library(), f"{folder}/copy{_copies}.so"))


def _load(name: str, path: str) -> ModuleType:
    qualified = f"{__package__}.{name}"
    loader = ExtensionFileLoader(qualified, path)
    module = loader.create_module(ModuleSpec(qualified, loader, origin=path))
    loader.exec_module(module)
    return module


def _after_fork_in_child() -> None:
    global fork_lock  # noqa: PLW0603
    fork_lock = threading.RLock()


os.register_at_fork(  # lambdas, as the name is bound again in every child
    before=lambda: fork_lock.acquire(),  # noqa: PLW0108
    after_in_parent=lambda: fork_lock.release(),  # noqa: PLW0108
    after_in_child=_after_fork_in_child,
)
