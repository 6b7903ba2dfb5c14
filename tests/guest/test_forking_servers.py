"""gunicorn and uWSGI, whose main process loads the application and owns its publisher.

uWSGI's main process ends without ending Python.
"""

import signal
import socket
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from support.programs import Program, Start

from ._installed import need

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


def end(process: Program, number: int) -> None:
    process.send_signal(number)
    process.wait(60)


def test_gunicorn_leaves_no_topic(start_command: Start, tmp_path: Path, shm_dir: Path) -> None:
    need("gunicorn")
    port = free_port()
    options = ["--preload", "--workers=2", f"--bind=127.0.0.1:{port}", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", *options, "application:application"]
    server = serve(start_command, command, tmp_path)
    for _ in range(5):
        assert answer(port, server, tmp_path) == f"worker {server.pid} True"
    end(server, signal.SIGTERM)
    assert list(shm_dir.iterdir()) == [], (tmp_path / "log").read_text()


@pytest.mark.soak
@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("threads", ["threads", "no threads"])
def test_uwsgi_leaves_no_topic(
    threads: str, ending: str, start_command: Start, tmp_path: Path, shm_dir: Path
) -> None:
    program = Path(sys.executable).parent / "uwsgi"
    if not program.exists():
        pytest.skip("no uwsgi beside this Python (pip install uwsgi builds it, in a minute)")
    port = free_port()
    # One worker, which has answered: one that is just starting may miss the signal to end.
    options = ["--master", "--processes=1", f"--http-socket=127.0.0.1:{port}", "--die-on-term"]
    options += ["--wsgi-file=application.py", "--need-app", f"--home={sys.prefix}"]
    options += ["--enable-threads"] if threads == "threads" else []
    server = serve(start_command, [str(program), *options], tmp_path)
    for _ in range(5):
        assert answer(port, server, tmp_path) == f"worker {server.pid} True"
    end(server, getattr(signal, ending))
    assert list(shm_dir.iterdir()) == [], (tmp_path / "log").read_text()
