"""Where this library works, and one sentence for each place where it does not.

setup.py asks before anything is fetched or compiled. pip runs it where no wheel fits: on every
other system, so only what every Python has is imported here, and the text is ASCII.
"""

from __future__ import annotations

import os
import sys
import sysconfig

OLDEST, NEWEST = (3, 10), (3, 15)
PYTHONS = f"{'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
WINDOWS = ("Windows", "install it in WSL 2 (wsl --install), with the Python there")
SYSTEMS = {
    "darwin": ("macOS", "use a Linux virtual machine or container"),
    "win32": WINDOWS,
    "cygwin": WINDOWS,
}
IMPLEMENTATIONS = {"pypy": "PyPy", "graalpy": "GraalPy"}


def check_platform() -> None:
    """End with a sentence that says why, and what to do, if this library cannot work here."""
    if reason := refusal():
        raise SystemExit(f"cannot install shm_pub_sub: found {reason}")


def refusal() -> str | None:
    """Return what was found, what was expected and what to do; None if this Python will do.

    What is hardest to change comes first, and alone: the others may not apply after that.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    if sys.platform != "linux":
        name, remedy = SYSTEMS.get(sys.platform, (sys.platform, "use a Linux machine"))
        return f"{name}; expected Linux, whose futexes and shared memory it uses; {remedy}"
    if sys.byteorder != "little":
        return (
            "a big-endian processor; expected a little-endian one, as its files are; "
            "use an x86-64 or 64-bit ARM machine"
        )
    if sys.maxsize < 1 << 32:
        return f"a 32-bit Python ({_architecture()}); expected a 64-bit one; {_wider()}"
    if sys.implementation.name != "cpython":
        name = IMPLEMENTATIONS.get(sys.implementation.name, sys.implementation.name)
        return (
            f"{name}; expected CPython, whose types it is made of; "
            f"make the environment with CPython {PYTHONS}"
        )
    if not _has_glibc():
        return (
            "a C library other than glibc, such as Alpine's musl, where Go's libraries do not load;"
            f" expected glibc; use a system that has it: of images, python:{version}-slim (Debian) "
            f"instead of python:{version}-alpine"
        )
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return (
            f"free-threaded Python {version}t; expected Python with the GIL, which the library "
            f"relies on; use python{version} instead of python{version}t"
        )
    if sys.version_info[:2] < OLDEST:  # where no installer has looked at requires-python
        return f"Python {version}; expected {PYTHONS}; make the environment with one of these"
    if sys.version_info[:2] > NEWEST:
        return (
            f"Python {version}, which this release was not tested with; expected {PYTHONS}; "
            "make the environment with one of these, or look for a newer release"
        )
    return None


def _architecture() -> str:
    """Return the Python's own: sysconfig.get_platform() names the kernel's, which may be wider."""
    return str(getattr(sys.implementation, "_multiarch", sysconfig.get_platform()))


def _wider() -> str:
    if _architecture().startswith("arm"):
        return (
            "install a 64-bit system: on a Raspberry Pi, the 64-bit Raspberry Pi OS, even if "
            "`uname -m` says aarch64 already"
        )
    return "install a 64-bit Python, on a 64-bit system"


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError, OSError):  # no such function, name or value
        return False
