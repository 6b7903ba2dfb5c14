"""What is checked of every wheel of a release before anyone uploads it."""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import build_sbom
from build import EXTENSIONS
from stages import output
from wheels import library_faults

SIZE = 1.9e6
"""Bytes that a wheel may have."""

MACHINES = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}
"""readelf's names."""

LICENSES = {"LICENSE", "licenses/go.txt", "licenses/gopy.txt"}


def policy(wheel: Path) -> str:
    """Return the platform tag that auditwheel gives a wheel, by the symbols that it needs."""
    shown = output(Path(sys.executable).with_name("auditwheel"), "show", wheel)
    found = re.search(r'the following platform tag:\s+"(\w+)"', shown)
    return found[1] if found else shown


def machine_faults(library: Path, architecture: str) -> list[str]:
    """Return what is wrong with a library besides its names: machine, stack, symbols."""
    shown = output("readelf", "-hlSW", library)
    faults = []
    if not re.search(rf"(?m)^ *Machine: +{MACHINES[architecture]}$", shown):
        faults.append(f"not for {architecture}")
    if not re.search(r"GNU_STACK .* RW ", shown):
        faults.append("an executable stack")
    faults += [f"has {name}" for name in (".symtab", ".debug_info") if f" {name} " in shown]
    return faults


def faults_of(wheel: Path) -> list[str]:
    """Return everything that is wrong with a wheel."""
    name, version, *tags = wheel.stem.split("-")
    about = f"{name}-{version}.dist-info"
    architecture = tags[2].removeprefix("manylinux_2_28_")
    faults = []
    if (size := wheel.stat().st_size) > SIZE:
        faults.append(f"{size:,} bytes, more than {SIZE:,.0f}")
    if (found := policy(wheel)) != tags[2]:
        faults.append(f"auditwheel says {found}")
    with zipfile.ZipFile(wheel) as packed, tempfile.TemporaryDirectory() as folder:
        packed.extractall(folder)
        if f"\nTag: {'-'.join(tags)}\n" not in packed.read(f"{about}/WHEEL").decode():
            faults.append("other tags in WHEEL")
        names = set(packed.namelist())
        faults += [f"no {one}" for one in LICENSES if f"{about}/licenses/{one}" not in names]
        for extension in EXTENSIONS:
            (library,) = Path(folder).glob(f"shm_pub_sub/{extension}.*.so")
            found_here = library_faults(library, extension)
            found_here += machine_faults(library, architecture)
            faults += [f"{library.name}: {fault}" for fault in found_here]
        bill = json.loads(packed.read(f"{about}/sboms/{build_sbom.NAME}"))
        if bill != build_sbom.bill(version, library):
            faults.append("a bill of materials that is not the library's")
    return faults


def check(wheels: Sequence[Path]) -> None:
    """Check these wheels; raise SystemExit with everything that is wrong."""
    with redirect_stdout(io.StringIO()):  # all the commands
        faults = [f"{wheel.name}: {fault}" for wheel in wheels for fault in faults_of(wheel)]
    if faults:
        raise SystemExit("\n".join(faults))
