"""The headers of each CPython that a release has wheels for, and whether they suit the target.

They come from --headers, the interpreters of this machine or Debian, in this order. The same ones
serve both machines: the target's compiler checks what pyconfig.h says of a machine; the rest of
that file is for CPython's own sources.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import debian
import interpreters
from build_machine import BUILD
from build_target import Target

FOLDER = BUILD / "headers"
CANDIDATE = 0xC
"""PY_RELEASE_LEVEL of release candidates: from the first one on, CPython's ABI is fixed."""

# What pyconfig.h calls the types whose size or alignment it has.
TYPES = {
    "DOUBLE": "double",
    "FLOAT": "float",
    "FPOS_T": "fpos_t",
    "INT": "int",
    "LONG": "long",
    "LONG_DOUBLE": "long double",
    "LONG_LONG": "long long",
    "MAX_ALIGN_T": "max_align_t",
    "OFF_T": "off_t",
    "PID_T": "pid_t",
    "PTHREAD_KEY_T": "pthread_key_t",
    "PTHREAD_T": "pthread_t",
    "SHORT": "short",
    "SIZE_T": "size_t",
    "TIME_T": "time_t",
    "UINTPTR_T": "uintptr_t",
    "VOID_P": "void *",
    "WCHAR_T": "wchar_t",
    "_BOOL": "_Bool",
}
FORBIDDEN = ("Py_DEBUG", "Py_GIL_DISABLED", "Py_REF_DEBUG", "Py_TRACE_REFS", "WORDS_BIGENDIAN")
INCLUDED = "Python.h pthread.h stddef.h stdint.h stdio.h sys/types.h time.h wchar.h"


@dataclass(frozen=True)
class Headers:
    version: str
    """3.14"""

    exact: str
    """3.14.0"""

    include: str
    origin: str


def version_of(include: Path) -> tuple[str, str, int]:
    """Return what patchlevel.h says: 3.14, 3.14.0, and how far from final."""
    try:
        text = (include / "patchlevel.h").read_text(encoding="utf-8")
    except OSError as error:
        raise SystemExit(
            f"headers: found {include} without patchlevel.h ({error.strerror}); expected a folder "
            "with Python.h; see docs/releasing.md"
        ) from None
    exact = re.search(r'(?m)^#define\s+PY_VERSION\s+"((3\.\d+)[^"]*)"', text)
    level = re.search(r"(?m)^#define\s+PY_RELEASE_LEVEL\s+PY_RELEASE_LEVEL_(\w+)", text)
    levels = dict(re.findall(r"(?m)^#define\s+PY_RELEASE_LEVEL_(\w+)\s+(0x\w+)", text))
    if exact is None or level is None or level[1] not in levels:
        raise SystemExit(f"headers: found {include}/patchlevel.h without a version of CPython 3")
    return exact[2], exact[1], int(levels[level[1]], 16)


def of_interpreters() -> dict[str, tuple[Path, str]]:
    """Return the folders of this machine's interpreters, by version."""
    found: dict[str, tuple[Path, str]] = {}
    where = "import sysconfig; print(sysconfig.get_path('include'))"
    for path in interpreters.candidates():
        one = interpreters.probe(path)
        if one is None or {"Python.h", "CPython with the GIL"} & {*one.lacks}:
            continue
        include = subprocess.check_output([one.path, "-I", "-c", where], text=True).strip()
        found.setdefault(one.version, (Path(include), one.path))
    return found


def of_debian(version: str) -> tuple[Path, str]:
    """Return the folder of Debian's package; raise debian.Unavailable if it cannot be had."""
    package = f"libpython{version}-dev"
    reasons = []
    for suite in ("testing", "unstable", "stable", "oldstable"):
        try:
            root = debian.unpack([package], "amd64", suite, depends=False)
            break
        except debian.Unavailable as error:
            reasons.append(f"{suite}: {error}")
    else:
        raise debian.Unavailable("; ".join(reasons))
    return root / "usr" / "include" / f"python{version}", f"Debian's {package}"


def settings_of(include: Path) -> Path:
    """Return pyconfig.h; Debian's includes that of a machine, from another folder."""
    path = include / "pyconfig.h"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if path.exists() and "-linux-gnu/python" not in text:
        return path
    machines = (platform.machine(), "x86_64")  # of_debian()'s are the latter's
    paths = [include.parent / f"{m}-linux-gnu" / include.name / "pyconfig.h" for m in machines]
    return next(filter(Path.exists, paths), paths[0])


def copied(version: str, include: Path, origin: str) -> Headers:
    """Check their version and copy them into a folder named after their content.

    Go's cache knows headers by their path only.
    """
    found, exact, level = version_of(include)
    if found != version:
        raise SystemExit(f"headers of {origin}: found Python {exact}; expected Python {version}")
    if level < CANDIDATE:
        raise SystemExit(
            f"headers of {origin}: found Python {exact}; expected a release candidate or a final "
            "release: before that its ABI may change; leave this version out with --python"
        )
    settings = settings_of(include)
    if not settings.exists() or not (include / "Python.h").exists():
        raise SystemExit(
            f"headers of {origin}: found {include} without Python.h or {settings}; expected both"
        )
    files = [path for path in sorted(include.rglob("*.h")) if path != include / "pyconfig.h"]
    named = [(path.relative_to(include), path) for path in files] + [(Path("pyconfig.h"), settings)]
    digest = hashlib.sha256()
    for name, path in named:
        digest.update(f"{name}\n".encode() + path.read_bytes())
    done = FOLDER / f"{version}-{digest.hexdigest()[:12]}"
    if not done.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            fresh = Path(folder, "include")
            for name, path in named:
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, fresh / name)
            try:
                fresh.rename(done)
            except OSError:  # another process was faster
                if not done.exists():
                    raise
    return Headers(version, exact, str(done), origin)


def find(versions: Sequence[str], given: Sequence[Path] = ()) -> list[Headers]:
    """Return the headers of each version, or say which are missing."""
    places = {version_of(folder)[0]: (folder, str(folder)) for folder in given}
    places = of_interpreters() | places
    missing = []
    for version in versions:
        if version in places:
            continue
        try:
            places[version] = of_debian(version)
        except debian.Unavailable as error:
            missing.append(f"\n  Python {version}: not here, and not from Debian: {error}")
    if missing:
        raise SystemExit(
            f"headers: found none for some versions; expected all of {', '.join(versions)}; "
            "install these Pythons with their headers, pass --headers DIR with a folder that has "
            f"Python.h, or choose versions with --python{''.join(missing)}"
        )
    return [copied(version, *places[version]) for version in versions]


def assertions(settings: str, version: str) -> str:
    """Return C that compiles where these headers are right."""
    major, minor = map(int, version.split("."))
    lines = ["#define _GNU_SOURCE", *(f"#include <{name}>" for name in INCLUDED.split())]
    sizes = re.findall(r"(?m)^#define\s+((SIZEOF|ALIGNOF)_(\w+))\s", settings)
    for macro, kind, name in sizes:
        if name not in TYPES:
            raise SystemExit(f"pyconfig.h of {version}: found {macro}; expected one of {TYPES}")
        operator = "sizeof" if kind == "SIZEOF" else "_Alignof"
        lines.append(f'_Static_assert({operator}({TYPES[name]}) == {macro}, "{macro}");')
    if len(sizes) < 15:
        raise SystemExit(f"pyconfig.h of {version}: found sizes of {len(sizes)} types; expected 15")
    for macro in FORBIDDEN:
        lines += [f"#ifdef {macro}", f'_Static_assert(0, "{macro} is defined");', "#endif"]
    lines += ["#ifndef DOUBLE_IS_LITTLE_ENDIAN_IEEE754", '_Static_assert(0, "double");', "#endif"]
    here = (major << 8) + minor
    lines.append(f'_Static_assert(PY_VERSION_HEX >> 16 == {here}, "PY_VERSION_HEX");')
    return "\n".join(lines) + "\n"


def check(headers: Headers, target: Target) -> None:
    """Let the target's compiler compare what pyconfig.h says with the machine."""
    settings = Path(headers.include, "pyconfig.h").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "assertions.c")
        source.write_text(assertions(settings, headers.version), encoding="utf-8")
        options = ["-std=gnu11", f"-I{headers.include}", "-c", str(source)]
        options += ["-o", f"{source}.o"]
        done = subprocess.run(
            [*target.compiler, *options],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"LC_ALL": "C"},
        )
    if done.returncode:
        wrong = sorted(set(re.findall(r'static assertion failed.*: "?([\w ]+)', done.stderr)))
        raise SystemExit(
            f"headers of {headers.origin}: found {', '.join(wrong) or done.stderr.strip()} other "
            f"than {target.name} has; expected those of a 64-bit release build with the GIL"
        )
