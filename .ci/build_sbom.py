"""The bill of materials in each wheel, as PEP 770 has it: the Go modules that the library links.

CycloneDX, without the date and the serial number that it may have: the same wheel twice has the
same bytes. Python is not part of a wheel. Neither is the C library, apart from stat() and atexit(),
which glibc before 2.33 links into every program.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from build_machine import go_environment

NAME = "shm_pub_sub.cdx.json"
LICENSE = "BSD-3-Clause"  # this project's, Go's and that of both modules


def linked(library: Path) -> tuple[str, list[tuple[str, str, str]]]:
    """Return Go's version in a library, and name, version and checksum of each module."""
    command = ["go", "version", "-m", str(library.resolve())]
    found = subprocess.check_output(command, cwd="/", env=go_environment(), text=True)
    version = re.search(r": go(\S+)", found)
    modules = re.findall(r"(?m)^\tdep\t(\S+)\t(\S+)\th1:(\S+)$", found)
    if version is None or len(modules) != len(re.findall(r"(?m)^\t(?:dep|=>)\t", found)):
        raise SystemExit(
            f"{library}: found {found!r}; expected Go's version and modules with checksums"
        )
    return version[1], modules


def component(name: str, version: str, purl: str) -> dict[str, Any]:
    """Return what the bill says of one thing."""
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": LICENSE}}],
        "purl": purl,
    }


def bill(version: str, library: Path) -> dict[str, Any]:
    """Return the bill of a wheel of this version with this library."""
    own = f"pkg:pypi/shm-pub-sub@{version}"
    go, modules = linked(library)
    # Its runtime and standard library, by the name that vulnerability databases know.
    components = [component("std", go, f"pkg:golang/std@{go}")]
    for name, number, checksum in modules:
        one = component(name, number, f"pkg:golang/{name}@{number}")
        # Go's own kind: of the list of the module's files with the checksum of each.
        content = base64.b64decode(checksum).hex()
        components.append(one | {"hashes": [{"alg": "SHA-256", "content": content}]})
    parts = [one["bom-ref"] for one in components]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component("shm_pub_sub", version, own)},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": parts}, *({"ref": part} for part in parts)],
    }


def write(about: Path, library: Path, version: str) -> None:
    """Write the bill into a wheel's folder of metadata."""
    folder = about / "sboms"
    folder.mkdir()
    text = json.dumps(bill(version, library), indent=1)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8")
