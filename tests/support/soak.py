"""Cases: `build.py test` runs the first one, `build.py soak` all."""

from collections.abc import Mapping
from typing import Any

import pytest


def first_of(cases: Mapping[str, tuple[Any, ...]]) -> list[Any]:
    """Return the cases, each the arguments of a test, as pytest's parameters."""
    return [
        pytest.param(*case, id=name, marks=[pytest.mark.soak] if number else [])
        for number, (name, case) in enumerate(cases.items())
    ]
