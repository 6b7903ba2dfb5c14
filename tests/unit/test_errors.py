"""The exceptions: one root, and each also the built-in that fits."""

import pytest
import shm_pub_sub
from shm_pub_sub import ShmError

BASES: dict[str, tuple[type[Exception], ...]] = {
    "ExistsError": (RuntimeError,),
    "CreateError": (RuntimeError,),
    "OpenError": (RuntimeError,),
    "LayoutError": (RuntimeError,),
    "ForkedError": (RuntimeError,),
    "ClosedError": (ValueError,),
    "TopicTypeError": (TypeError,),
    "TopicValueError": (ValueError,),
    "RangeError": (OverflowError,),
    "TopicNotFoundError": (LookupError,),
    "WaitTimeoutError": (TimeoutError,),
}


@pytest.mark.parametrize("name", BASES)
def test_error_is_a_shm_error_and_the_built_in_that_fits(name: str) -> None:
    error = getattr(shm_pub_sub, name)
    bases: list[type] = [ShmError, *BASES[name]]
    assert all(issubclass(error, base) for base in bases)
    assert name in shm_pub_sub.__all__


def test_every_public_error_is_known_here() -> None:
    public = {
        name
        for name in shm_pub_sub.__all__
        if isinstance(getattr(shm_pub_sub, name), type)
        and issubclass(getattr(shm_pub_sub, name), Exception)
    }
    assert public == {"ShmError", *BASES}
