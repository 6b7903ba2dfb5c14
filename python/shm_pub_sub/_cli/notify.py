"""Notifications to systemd, for services of Type=notify: sd_notify(3) without a library."""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> bool:
    """Tell systemd variables such as "READY=1" and "STATUS=..."; report whether it listens.

    Without NOTIFY_SOCKET it does nothing. Like sd_notify, it never fails.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # an abstract name
        address = "\0" + address[1:]
    text = "\n".join(line.replace("\n", " ") for line in lines)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.connect(address)
            sender.sendall(text.encode(errors="surrogateescape"))
    except OSError:
        return False
    return True
