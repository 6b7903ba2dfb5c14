"""The parser of the command line's arguments."""

from __future__ import annotations

import argparse

from .output import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Complains in one line, whatever the arguments have in them."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))
