"""The logger "shm_pub_sub": what happens to topics, never what happens to values.

Nothing here imports logging, which costs as much as all else: where the program has not, nobody
hears.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    import logging


class _Unheard:
    def info(self, text: str, *args: object) -> None:
        pass

    warning = info


def logger() -> logging.Logger | _Unheard:
    """Return the library's logger. It prints nothing unless the program sets logging up."""
    module = sys.modules.get("logging")
    # Half imported it has no handlers either; in a forked child it may stay so.
    if module is None or getattr(module.__spec__, "_initializing", False):
        return _Unheard()
    found: logging.Logger = module.getLogger("shm_pub_sub")
    if not found.handlers:
        found.addHandler(module.NullHandler())
    return found
