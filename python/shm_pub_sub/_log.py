"""The logger "shm_pub_sub": what happens to topics, never what happens to values.

logging is imported when there is first something to say: that would cost as much as all else.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    import logging


def logger() -> logging.Logger:
    """Return the library's logger. It prints nothing unless the program sets logging up."""
    import logging  # noqa: PLC0415

    found = logging.getLogger("shm_pub_sub")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found
