"""Skips tests whose package is missing: some packages have no wheel for every Python."""

import importlib.util
import sys

import pytest


def need(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"no {package} for Python {sys.version_info.major}.{sys.version_info.minor}")
