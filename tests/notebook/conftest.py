"""A real Jupyter kernel, one per module; each test has a directory of topics of its own."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

manager = pytest.importorskip("jupyter_client.manager")
pytest.importorskip("ipykernel")

PATIENCE = 60


class Notebook:
    """Runs cells, and keeps the outputs that a front end would show."""

    def __init__(self) -> None:
        # Warnings are errors in the cells and in the library (prepare()), not in the kernel.
        environment = os.environ | {"PYTHONWARNINGS": "ignore", "MPLBACKEND": "agg"}
        self.manager, self.client = manager.start_new_kernel(
            kernel_name="python3", env=environment, startup_timeout=PATIENCE
        )
        self.displays: dict[str, list[dict[str, str]]] = {}
        """What each display handle has shown, by its id."""

    def restart(self) -> None:
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=PATIENCE)
        # Messages are lost until this client's iopub channel has reconnected.
        until = time.monotonic() + PATIENCE
        while True:
            self.client.kernel_info()
            try:
                self.client.get_iopub_msg(timeout=1)
                return
            except Empty:
                assert time.monotonic() < until, "the restarted kernel says nothing"

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)

    def send(self, code: str, cell: str | None = None) -> str:
        """Start a cell, and return the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": False, "stop_on_error": True}
        metadata = {} if cell is None else {"cellId": cell}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def hear(self) -> dict[str, Any]:
        """Wait for the kernel's next message of any kind, and return it."""
        message: dict[str, Any] = self.client.get_iopub_msg(timeout=PATIENCE)
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            shown = self.displays.setdefault(content["transient"]["display_id"], [])
            shown.append(content["data"])
        return message

    def finish(self, request: str) -> str:
        """Wait until a cell has ended; return what it printed, its result and its error."""
        text = ""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            message = self.hear()
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "stream":
                text += content["text"]
            elif kind == "execute_result":
                text += content["data"]["text/plain"]
            elif kind == "error":
                text += f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return text
        raise AssertionError(f"the cell did not end; so far: {text}")

    def run(self, code: str, cell: str | None = None) -> str:
        """Run a cell to its end, and return its text, as finish() does."""
        return self.finish(self.send(code, cell))


@pytest.fixture(scope="module")
def _kernel() -> Iterator[Notebook]:
    notebook = Notebook()
    yield notebook
    notebook.end()


@pytest.fixture
def notebook(_kernel: Notebook, shm_dir: Path) -> Iterator[Notebook]:
    """A kernel in the test's directory, without variables of earlier tests."""
    _kernel.displays.clear()
    prepare(_kernel, shm_dir)
    yield _kernel
    _kernel.run("import gc, shm_pub_sub._plot.cell\nshm_pub_sub._plot.cell._stop_all()")
    assert _kernel.run("%reset -f\nimport gc; print(gc.collect() >= 0)") == "True\n"


def prepare(kernel: Notebook, shm_dir: Path) -> None:
    """Set the kernel's directory of topics, and turn warnings into errors."""
    kernel.run(
        "import os, warnings\n"
        f"os.environ['SHM_PUB_SUB_DIR'] = {str(shm_dir)!r}\n"
        "warnings.filterwarnings('error', module='__main__|shm_pub_sub|matplotlib')"
    )


def the_display(notebook: Any) -> list[dict[str, str]]:
    """Return the outputs of the notebook's only display, oldest first."""
    (shown,) = notebook.displays.values()
    return shown  # type: ignore[no-any-return]
