"""The parser of the command line."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from shm_pub_sub._text import printable


class Parser(argparse.ArgumentParser):
    """Accepts no abbreviated options; prints errors as one line, whatever the arguments contain."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Fail on an unknown option in the verb's parser, which shows the verb's usage."""
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))
