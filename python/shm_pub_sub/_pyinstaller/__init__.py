"""Where PyInstaller finds the hooks; the entry point is in pyproject.toml.

It reads this file while it bundles a program, never the program itself.
"""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    return [str(Path(__file__).parent)]
