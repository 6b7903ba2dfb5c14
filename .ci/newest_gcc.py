"""Build with the newest gcc of Debian, in a folder with Debian testing, and use what was built.

A newer compiler than this machine's may read the same C differently: gcc 15 takes it for C23.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from build_machine import ROOT

SUITE = "testing"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "ca-certificates,gcc,libc6-dev,python3-dev,python3-venv"
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
    """Make the folder, and build a copy of this tree in it."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        print("skipped: needs root and debootstrap (Debian: apt install debootstrap)")
        return
    # Not below this tree: goimports would look through it at each build.
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub-", dir="/var/tmp") as folder:
        system = Path(folder, SUITE)
        script = BUILD_IN.format(
            system=shlex.quote(str(system)), suite=SUITE, mirror=MIRROR, packages=PACKAGES
        )
        names = ("PIP_", "SSL_", "GOPROXY")
        kept = {key: value for key, value in os.environ.items() if key.startswith(names)}
        kept |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", script]
        subprocess.run(command, cwd=ROOT, env=kept, check=True, timeout=TIMEOUT)
