"""The specification, which is not part of this repository."""

import pytest

from ._spec import VARIABLE, Specification, specification_path


@pytest.fixture(scope="session")
def tutorial() -> Specification:
    path = specification_path()
    if not path.is_file():
        pytest.skip(f"the specification is not here; its path can be given as {VARIABLE}")
    return Specification(path)
