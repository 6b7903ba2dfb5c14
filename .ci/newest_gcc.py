"""Build with the newest gcc of Debian, in a folder with Debian testing, and use what was built.

A newer compiler than this machine's may read the same C differently: gcc 15 takes it for C23.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from build import BUILD, ROOT

SUITE = "testing"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "ca-certificates,gcc,libc6-dev,python3-dev,python3-venv"
TIMEOUT = 1800  # s

# In a mount namespace of its own, so nothing is left mounted. A copy of the tree: the build writes.
BUILD_IN = """
set -eu
for folder in proc dev sys; do mount --rbind /$folder {system}/$folder; done
cp -L /etc/resolv.conf {system}/etc/resolv.conf
mkdir -p {system}/tree {system}/etc/ssl/certs
mount --bind /etc/ssl/certs {system}/etc/ssl/certs
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf {system}/etc/pip.conf
git ls-files -z | xargs -0 cp --parents -t {system}/tree
exec chroot {system} sh -euc '
cd /tree
gcc --version | head -1
python3 --version
python3 build.py
cd python
python3 -c "
from shm_pub_sub import Publisher, Subscriber
with Publisher(\\"gcc\\", 0) as publisher, Subscriber(\\"gcc\\", -1) as subscriber:
    publisher.publish(1)
    assert subscriber.subscribe() == (1, True)
print(\\"works\\")
"'
"""


def build_with_newest_gcc() -> None:
    """Make the folder if it is not there, and build this tree's copy in it."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        print("skipped: needs root and debootstrap (Debian: apt install debootstrap)")
        return
    system = BUILD / f"debian-{SUITE}"
    if not (system / "usr/bin/gcc").exists():
        shutil.rmtree(system, ignore_errors=True)
        options = ["--variant=minbase", f"--include={PACKAGES}"]
        _run("debootstrap", *options, SUITE, system, MIRROR)
    shutil.rmtree(system / "tree", ignore_errors=True)
    script = BUILD_IN.format(system=shlex.quote(str(system)))
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("PIP_", "SSL_", "GOPROXY"))
    }
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    _run("unshare", "--mount", "sh", "-c", script, env=kept | {"PATH": path, "HOME": "/root"})


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    subprocess.run([*map(str, command)], cwd=ROOT, env=env, check=True, timeout=TIMEOUT)
