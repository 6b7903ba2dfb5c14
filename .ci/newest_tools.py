"""Build with the newest gcc and Python of Debian, in a folder with Debian testing, and test that.

A newer compiler than this machine's may read the same C differently: gcc 15 takes it for C23. A
newer Python warns of more: 3.15 raises what os.fork() warns of.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from stages import skip

from build_machine import ROOT

SUITE = "testing"
MIRROR = "http://deb.debian.org/debian"
PYTHON = "python3.15"
PACKAGES = f"ca-certificates,gcc,libc6-dev,{PYTHON}-dev,{PYTHON}-venv"
TIMEOUT = 1800  # s

# In a mount namespace of its own: nothing is left mounted in the folder, which is removed then
# (debootstrap leaves /proc there, too). A copy of the tree, as the build writes.
BUILD_IN = """
set -eu
debootstrap --variant=minbase --include={packages} {suite} {system} {mirror}
for folder in proc dev sys; do mount --rbind /$folder {system}/$folder; done
cp -L /etc/resolv.conf {system}/etc/resolv.conf
mkdir -p {system}/tree {system}/etc/ssl/certs
mount --bind /etc/ssl/certs {system}/etc/ssl/certs
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf {system}/etc/pip.conf
git ls-files -z | xargs -0 cp --parents -t {system}/tree
exec chroot {system} sh -euc '
mount -t tmpfs tmpfs /dev/shm
cd /tree
gcc --version | head -1
{python} --version
{python} -m venv /venv
/venv/bin/pip install -q . pytest pytest-timeout hypothesis numpy
/venv/bin/pytest -q tests/unit tests/fork --ignore=tests/fork/test_storm.py
'
"""


def test_with_newest_tools() -> None:
    """Make the folder, and build and test a copy of this tree in it."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        skip("newest gcc and Python: needs root and debootstrap (Debian: apt install debootstrap)")
        return
    # Not below this tree: goimports would look through it at each build.
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub-", dir="/var/tmp") as folder:
        system = Path(folder, SUITE)
        script = BUILD_IN.format(
            system=shlex.quote(str(system)),
            suite=SUITE,
            mirror=MIRROR,
            packages=PACKAGES,
            python=PYTHON,
        )
        names = ("PIP_", "SSL_", "GOPROXY")
        kept = {key: value for key, value in os.environ.items() if key.startswith(names)}
        kept |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", script]
        subprocess.run(command, cwd=ROOT, env=kept, check=True, timeout=TIMEOUT)
