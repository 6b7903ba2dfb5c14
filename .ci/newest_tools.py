"""README's two commands on a fresh machine, with the newest gcc and Python of Debian, and tests.

The machine is a folder with Debian testing, its users are root and one without a home folder. A
newer compiler than this machine's may read the same C differently: gcc 15 takes it for C23. A
newer Python warns of more: 3.15 raises what os.fork() warns of.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import debian
from build_machine import ROOT
from stages import skip

SUITE = "testing"
PYTHON = "python3.15"
PACKAGES = f"ca-certificates,gcc,libc6-dev,{PYTHON}-dev,{PYTHON}-venv"
TIMEOUT = 3600  # s
NOBODY = "setpriv --reuid=12345 --regid=12345 --clear-groups env --unset=HOME"
"""A user without a name, a home folder or HOME, as containers have."""

# In a mount namespace of its own: nothing is left mounted in the folder, which is removed then
# (debootstrap leaves /proc there, too). A copy of the tree for each user, as the build writes.
BUILD_IN = """
set -eu
debootstrap --variant=minbase --include={packages} {suite} {system} {mirror}
chmod 755 {system}
for folder in proc dev sys; do mount --rbind /$folder {system}/$folder; done
cp -L /etc/resolv.conf {system}/etc/resolv.conf
mkdir -p {system}/tree '{system}/srv/two words, käse' {system}/etc/ssl/certs
mount --bind /etc/ssl/certs {system}/etc/ssl/certs
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf {system}/etc/pip.conf
for tree in {system}/tree '{system}/srv/two words, käse'; do
    git ls-files -z | xargs -0 cp --parents -t "$tree"
done
exec chroot {system} sh -euc '
mount -t tmpfs tmpfs /dev/shm
chmod 1777 /dev/shm
gcc --version | head -1
{python} --version

two_commands() {{
    "$@" {python} -m venv .venv
    "$@" .venv/bin/pip install -q .
    "$@" {python} build.py demo
}}
cd "/srv/two words, käse"
chown -R 12345:12345 .
two_commands {nobody}
cd /tree
two_commands env
.venv/bin/pip install -q pytest pytest-timeout hypothesis numpy
.venv/bin/pytest -q tests/unit tests/fork --ignore=tests/fork/test_storm.py
'
"""


def test_with_newest_tools() -> None:
    """Make the folder, and build and test copies of this tree in it."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        skip("newest gcc and Python: needs root and debootstrap (Debian: apt install debootstrap)")
        return
    try:
        mirror = debian.mirrors()[SUITE]
    except debian.Unavailable as error:
        skip(f"newest gcc and Python: {error}")
        return
    # Not below this tree: goimports would look through it at each build.
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub-", dir="/var/tmp") as folder:
        system = Path(folder, SUITE)
        script = BUILD_IN.format(
            system=shlex.quote(str(system)),
            suite=SUITE,
            mirror=mirror,
            packages=PACKAGES,
            python=PYTHON,
            nobody=NOBODY,
        )
        names = ("PIP_", "SSL_", "GOPROXY")
        kept = {key: value for key, value in os.environ.items() if key.startswith(names)}
        kept |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", script]
        subprocess.run(command, cwd=ROOT, env=kept, check=True, timeout=TIMEOUT)
