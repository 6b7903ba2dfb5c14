"""What proofs need of the system: installed where that may be done unasked, by root in CI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from interpreters import HERE
from stages import run, say


def missing() -> list[str]:
    """Return Debian's names of the packages that are not here."""
    programs = {
        "spin": "spin",
        "clang": "clang",
        "mkfs.ext4": "e2fsprogs",
        "localedef": "locales",
        f"python{HERE}-dbg": f"python{HERE}-dbg",
        "unshare": "util-linux",
        "ip": "iproute2",
        "qemu-aarch64-static": "qemu-user-static",
    }
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    lacks = [name for program, name in programs.items() if not shutil.which(program, path=path)]
    lacks += [f"libpython{HERE}-dbg"] if f"python{HERE}-dbg" in lacks else []
    if not Path("/usr/share/i18n/locales/de_DE").exists():
        lacks.append("locales")
    runtime = f"llvm-{clang_version()}/lib/clang/*/lib/linux/libclang_rt.asan*"
    if "clang" in lacks or not any(Path("/usr/lib").glob(runtime)):
        lacks.append("libclang-rt-{}-dev")
    return sorted(set(lacks))


def clang_version() -> str:
    """Return the number in the names of the packages that go with clang."""
    if shutil.which("clang"):
        found = re.search(r"version (\d+)", subprocess.getoutput("clang --version"))
    else:
        found = re.search(r"Depends: clang-(\d+)", subprocess.getoutput("apt-cache depends clang"))
    return found[1] if found else ""


def provide() -> None:
    """Install them; the report names what is skipped for the lack of the others."""
    lacks = missing()
    if not lacks:
        return
    if not (os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get")):
        say("not here, so some proofs are skipped:", *lacks)
        return
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    try:
        run("apt-get", "update", "-qq", env=quiet)
        names = [name.format(clang_version()) for name in lacks]
        run(*install, *names, env=quiet)
    except SystemExit as error:  # not every system has each
        say(error)
        for name in lacks:
            with suppress(SystemExit):
                run(*install, name.format(clang_version()), env=quiet)
