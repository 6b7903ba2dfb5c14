"""The specification, which is not part of this repository, and its programs."""

import subprocess
from functools import partial

import pytest
from support.programs import Start

from ._spec import VARIABLE, Spec, specification_path


@pytest.fixture(scope="session")
def tutorial() -> Spec:
    path = specification_path()
    if not path.is_file():
        pytest.skip(f"the specification is not here; its path can be given as {VARIABLE}")
    return Spec(path)


@pytest.fixture
def start(start_python: Start) -> Start:
    """start(program): a Program that must not write to stderr."""
    return partial(start_python, stderr=subprocess.PIPE)
