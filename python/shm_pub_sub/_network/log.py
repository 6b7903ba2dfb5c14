"""The logger "shm_pub_sub.bridge"."""

from __future__ import annotations

from .._log import logger as library_logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging

    from .._log import _Dropped


def logger() -> logging.Logger | _Dropped:
    """Return a bridge's logger, which tells of other bridges, links and refused topics."""
    found = library_logger()
    return found.getChild("bridge") if hasattr(found, "getChild") else found
