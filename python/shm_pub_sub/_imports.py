"""Imports across a fork: a child can import what other threads of its parent were importing.

Python keeps a lock for each module during its import. In a child the locks of threads that do not
exist there stay locked, and importing such a module would hang. A fork cannot wait for the import:
the module may need a lock that the forking thread holds.
"""

from __future__ import annotations

import sys
from _frozen_importlib import _module_locks  # type: ignore[attr-defined]
from _thread import get_ident


def forget_unfinished() -> None:
    """Forget modules whose import no thread of this forked child will finish."""
    here = get_ident()
    for name, reference in list(_module_locks.items()):
        lock = reference()
        if lock is None or lock.owner in (None, here):
            continue
        del _module_locks[name]
        module = sys.modules.get(name)
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            del sys.modules[name]
