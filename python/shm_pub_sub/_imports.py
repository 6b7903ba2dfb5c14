"""Imports across a fork: a child can import whatever its parent's other threads were importing.

Python keeps a lock for each module that is being imported, and in a child those of threads that
are not there stay locked: importing such a module would hang for good. A fork cannot wait for an
import to end, as the module may want a lock that whoever forks holds.
"""

from __future__ import annotations

import sys
from _frozen_importlib import _module_locks  # type: ignore[attr-defined]
from _thread import get_ident


def forget_unfinished() -> None:
    """Forget what no thread of this forked child is importing any more, to be imported again."""
    here = get_ident()
    for name, reference in list(_module_locks.items()):
        lock = reference()
        if lock is None or lock.owner in (None, here):
            continue
        del _module_locks[name]
        module = sys.modules.get(name)
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            del sys.modules[name]
