"""Starting Go's runtime in a process that belongs to the program.

Signals, limits and descriptors of the program stay as they are. Most of that is done when the
library is built (shmpubsub/guest), the rest here and in hot/guarded.c.
"""

from __future__ import annotations

from _frozen_importlib import ModuleSpec  # importlib.machinery's; importing that takes longer
from _frozen_importlib_external import ExtensionFileLoader
from types import BuiltinFunctionType

from . import _hot
from ._errors import CreateError, OpenError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from types import ModuleType


def check_room(error: type[CreateError | OpenError]) -> None:
    """Raise error if the Go runtime would end this process for lack of memory or threads."""
    missing = _hot.no_room()
    if missing is not None:
        operation = "create" if error is CreateError else "open"
        raise error(f"Failed to {operation} shared memory: start the Go runtime: {missing}")


def start(path: str) -> ModuleType:
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
