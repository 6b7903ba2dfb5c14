"""Endpoints that no other test uses, and what all tests of bridges have in common."""

from pathlib import Path

import pytest


@pytest.fixture
def endpoint(tmp_path: Path) -> str:
    """Where bridges of this machine meet, without a port that another test could have."""
    return f"unixsock-stream/{tmp_path}/zenoh"
