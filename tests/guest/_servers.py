"""Servers that fork workers, with an application that publishes in each of their processes."""

import signal
import socket
import time
from pathlib import Path
from urllib.request import urlopen

from support.programs import Program, Start

APPLICATION = """
import os
from shm_pub_sub import ForkedError, Publisher, Subscriber

main = Publisher("main", 0)
main.publish(os.getpid())
reader = Subscriber("main", 0)
own = None

def application(environment, start_response):
    global own
    if own is None:
        own = Publisher(f"worker/{os.getpid()}", 0)
    own.publish(1)
    try:
        main.publish(0)
        here = "main"
    except ForkedError:
        here = "worker"
    value, alive = reader.subscribe()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{here} {value} {alive}".encode()]
"""


def serve(start_command: Start, command: list[str], folder: Path) -> Program:
    """Start a server, whose log is in the folder."""
    (folder / "application.py").write_text(APPLICATION)
    with (folder / "log").open("wb") as log:
        return start_command(*command, cwd=folder, stdout=log, stderr=log)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answer(port: int, process: Program, folder: Path) -> str:
    """Return what the application answers, once it is up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=20) as response:
                text: str = response.read().decode()
                return text
        except OSError:
            log = (folder / "log").read_text(errors="replace")
            assert process.poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.05)


def end(process: Program, number: int = signal.SIGINT) -> None:
    process.send_signal(number)
    process.wait(60)
