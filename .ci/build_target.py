"""What the extension modules are compiled for, and with: this machine and interpreter, or others.

Only the wheels of a release are made for others; .ci/release.py says which.
"""

from __future__ import annotations

import shlex
import sysconfig
from dataclasses import dataclass

from build_machine import COMPILER, INCLUDE

SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX")


@dataclass(frozen=True)
class Target:
    """A compiler, and an interpreter that need not be able to run here."""

    compiler: tuple[str, ...]
    include: str
    suffix: str
    """What follows the name of an extension module."""

    goarch: str = ""
    """Go's name of the machine; empty for this one and its compiler."""

    @property
    def name(self) -> str:
        """Return what is between the dots of the suffix: one name for each target."""
        return self.suffix.split(".")[1]

    @property
    def go_variables(self) -> dict[str, str]:
        """Return what Go's environment has, besides build_machine.go_environment()."""
        if not self.goarch:
            return {}
        compiler = shlex.join(self.compiler)
        # The include folder is in the bindings: here it would be part of the key of all that Go
        # caches of its own C code, which is the same for every interpreter.
        return {
            "CC": compiler,
            "CXX": compiler,
            "CGO_CFLAGS": "-std=gnu17 -O2",
            "GOOS": "linux",
            "GOARCH": self.goarch,
        }


HERE = Target(tuple(COMPILER), INCLUDE, SUFFIX)
