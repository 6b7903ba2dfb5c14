"""Fixtures of the command line's tests."""

from cli.conftest import cli

__all__ = ["cli"]
