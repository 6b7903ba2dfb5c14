"""Certificates of examples/network/make_certificates.sh, and where bridges of a test meet."""

import itertools
import os
import subprocess
from pathlib import Path
from typing import Any

from support.paths import EXAMPLES

SCRIPT = EXAMPLES / "network" / "make_certificates.sh"
HOST = f"127.{os.getpid() >> 16 & 127}.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
"""An address that no other test's process listens on."""
_ports = itertools.count(17447)


def endpoint(protocol: str = "tls") -> str:
    return f"{protocol}/{HOST}:{next(_ports)}"


def make_certificates(folder: Path, *names: str, days: int = 1) -> None:
    subprocess.run(
        [SCRIPT, folder, *names],
        env=os.environ | {"DAYS": str(days)},
        check=True,
        capture_output=True,
    )


def tls(folder: Path, name: str, **more: Any) -> dict[str, Any]:
    """Return Zenoh's configuration of a bridge with that certificate."""
    own = {
        "root_ca_certificate": f"{folder}/ca.pem",
        "listen_certificate": f"{folder}/{name}.pem",
        "listen_private_key": f"{folder}/{name}.key",
        "connect_certificate": f"{folder}/{name}.pem",
        "connect_private_key": f"{folder}/{name}.key",
        "enable_mtls": True,
        "close_link_on_expiration": True,
    }
    return {"transport": {"link": {"tls": own | more}}}
