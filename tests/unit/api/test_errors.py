"""The exceptions have one root, and each is also the built-in that fits."""

import ast
import builtins
import contextlib
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub import ShmError
from shm_pub_sub._go import from_go

PACKAGE = Path(shm_pub_sub.__file__).parent

BASES: dict[str, tuple[type[Exception], ...]] = {
    "ExistsError": (RuntimeError,),
    "CreateError": (RuntimeError,),
    "OpenError": (RuntimeError,),
    "InternalError": (RuntimeError,),
    "LayoutError": (RuntimeError,),
    "ForkedError": (RuntimeError,),
    "RecordingError": (RuntimeError,),
    "LoanError": (RuntimeError,),
    "NetworkError": (RuntimeError,),
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


def subclasses(cls: type[Exception]) -> Iterator[type[Exception]]:
    for derived in cls.__subclasses__():
        yield derived
        yield from subclasses(derived)


def test_every_error_class_of_the_package_is_a_built_in_beside() -> None:
    for module in pkgutil.walk_packages([str(PACKAGE)], "shm_pub_sub."):
        with contextlib.suppress(ImportError):  # an extra's
            importlib.import_module(module.name)
    ours = {error for error in subclasses(ShmError) if error.__module__.startswith("shm_pub_sub")}
    assert len(ours) > len(BASES)
    plain = {ShmError, Exception, BaseException, object}
    for error in ours:
        beside = [base for base in error.__mro__ if base not in plain | ours]
        assert beside, f"{error} is only a ShmError"
        assert all(base is getattr(builtins, base.__name__) for base in beside)


def test_the_root_itself_is_never_raised() -> None:
    """Nor made, nor what an error of an unknown kind becomes."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            used = node.func if isinstance(node, ast.Call) else None
            raised = node.exc if isinstance(node, ast.Raise) else None
            for name in (used, raised):
                assert "ShmError" not in (getattr(name, "id", ""), getattr(name, "attr", "")), path


@pytest.mark.parametrize("text", ["internal\nfound this", "gopy's own", "", "new kind\nfound this"])
def test_what_go_says_of_an_unknown_kind_is_caught_as_the_tutorial_does(text: str) -> None:
    error = from_go(RuntimeError(text))
    assert isinstance(error, RuntimeError)
    assert isinstance(error, ShmError)
    assert str(error) == text.rpartition("\n")[2]


@pytest.mark.parametrize("kind", shm_pub_sub._go._BY_KIND)
def test_every_kind_of_go_has_its_class(kind: str) -> None:
    error = from_go(RuntimeError(f"{kind}\nfound this"))
    assert type(error) not in (ShmError, shm_pub_sub.InternalError)
    assert str(error) == "found this"
