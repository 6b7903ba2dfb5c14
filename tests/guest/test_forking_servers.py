"""gunicorn and uWSGI, whose main process loads the application and owns its publisher.

uWSGI's main process ends without ending Python.
"""

import signal
import sys
from pathlib import Path

import pytest
from support.programs import Start

from . import _servers
from ._installed import need


def test_gunicorn_leaves_no_topic(start_command: Start, tmp_path: Path, shm_dir: Path) -> None:
    need("gunicorn")
    port = _servers.free_port()
    options = ["--preload", "--workers=2", f"--bind=127.0.0.1:{port}", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", *options, "application:application"]
    server = _servers.serve(start_command, command, tmp_path)
    for _ in range(5):
        assert _servers.answer(port, server, tmp_path) == f"worker {server.pid} True"
    _servers.end(server, signal.SIGTERM)
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
    port = _servers.free_port()
    # One worker, which has answered: one that is just starting may miss the signal to end.
    options = ["--master", "--processes=1", f"--http-socket=127.0.0.1:{port}", "--die-on-term"]
    options += ["--wsgi-file=application.py", "--need-app", f"--home={sys.prefix}"]
    options += ["--enable-threads"] if threads == "threads" else []
    server = _servers.serve(start_command, [str(program), *options], tmp_path)
    for _ in range(5):
        assert _servers.answer(port, server, tmp_path) == f"worker {server.pid} True"
    _servers.end(server, getattr(signal, ending))
    assert list(shm_dir.iterdir()) == [], (tmp_path / "log").read_text()
