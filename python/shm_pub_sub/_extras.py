"""What only the extras bring: imported when needed, with an error that says what to install."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def need(module: str, extra: str) -> Any:
    """Import a module that an extra brings. Raises ImportError with what to do where it is not."""
    import importlib  # noqa: PLC0415

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"found no {package}; pip install 'shm_pub_sub[{extra}]' brings it",
            name=error.name,
        ) from None
