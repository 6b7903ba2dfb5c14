"""Any cell can run again, any number of times."""

import contextlib
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub

from .conftest import Notebook, prepare

TIMES = 10

PUBLISHER = (
    "import shm_pub_sub\n"
    "pub = shm_pub_sub.Publisher('notebook/setpoint', 0.0, replace=True)\n"
    "pub.publish({})"
)


def opened(notebook: Notebook, shm_dir: Path) -> tuple[int, int]:
    """Return how many of the topics' files the kernel has open, and has mapped."""
    process = Path("/proc") / notebook.run("import os; print(os.getpid())").strip()
    links = []
    for link in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since
            links.append(os.readlink(link))  # noqa: PTH115 - not always a path
    maps = set(re.findall(rf"{shm_dir}.*", (process / "maps").read_text()))
    return sum(str(shm_dir) in link for link in links), len(maps)


@pytest.mark.parametrize("close", ["", "\npub.close()"])
def test_a_publishers_cell_runs_ten_times(notebook: Notebook, shm_dir: Path, close: str) -> None:
    for run in range(TIMES):
        assert notebook.run(PUBLISHER.format(run) + close, "cell") == ""
        sub = shm_pub_sub.Subscriber("notebook/setpoint", -1.0)
        assert sub.subscribe() == ((-1.0, False) if close else (run, True))
    assert opened(notebook, shm_dir) == ((0, 0) if close else (1, 1))


def test_without_replace_the_second_run_says_what_to_do(notebook: Notebook) -> None:
    cell = PUBLISHER.replace(", replace=True", "").format(1)
    assert notebook.run(cell) == ""
    again = notebook.run(cell)
    assert again.startswith("ExistsError: Shared memory already exists: ")
    assert "replace=True" in again


def test_a_subscribers_cell_runs_ten_times_and_each_reads(notebook: Notebook) -> None:
    with shm_pub_sub.Publisher("sensor", 0) as pub:
        for run in range(TIMES):
            pub.publish(run)
            text = notebook.run(
                "import shm_pub_sub\nsub = shm_pub_sub.Subscriber('sensor', 0)\nsub.subscribe()"
            )
            assert text == f"({run}, True)"


def test_a_callbacks_cell_run_again_leaves_one_thread_after_close(notebook: Notebook) -> None:
    cell = (
        "import threading, shm_pub_sub\n"
        "if 'sub' in globals(): sub.close()\n"
        "sub = shm_pub_sub.Subscriber('sensor', 0, callback=print)"
    )
    for _ in range(TIMES):
        assert notebook.run(cell) == ""
    threads = (
        "import time\n"
        "end = time.monotonic() + 20\n"
        "count = lambda: sum('shm_pub_sub' in t.name for t in threading.enumerate())\n"
        "while count() > 1 and time.monotonic() < end: time.sleep(0.01)\n"
        "print(count())"
    )
    assert notebook.run(threads) == "1\n"
    assert notebook.run("sub.close()") == ""


def test_an_interrupted_wait_ends_and_the_cell_runs_again(notebook: Notebook) -> None:
    cell = (
        "import shm_pub_sub\nsub = shm_pub_sub.Subscriber('sensor', 0)\n"
        "print('waits', flush=True)\nsub.recv()"
    )
    request = notebook.send(cell)
    while notebook.client.get_iopub_msg(timeout=30)["content"].get("text") != "waits\n":
        pass
    notebook.manager.signal_kernel(signal.SIGINT)
    assert "KeyboardInterrupt" in notebook.finish(request)
    with shm_pub_sub.Publisher("sensor", 0) as pub:
        pub.publish(5)
        assert notebook.run(cell) == "waits\n5"


def test_autoreload_replaces_a_module_that_publishes(notebook: Notebook, tmp_path: Path) -> None:
    module = tmp_path / "rig_of_the_test.py"
    text = (
        "import shm_pub_sub\npub = shm_pub_sub.Publisher('rig', 0, replace=True)\npub.publish({})\n"
    )
    module.write_text(text.format(1))
    notebook.run(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.dont_write_bytecode = True"
    )
    assert notebook.run("%load_ext autoreload\n%autoreload 2\nimport rig_of_the_test as rig") == ""
    sub = shm_pub_sub.Subscriber("rig", 0)
    assert sub.subscribe() == (1, True)
    for run in range(2, 5):
        module.write_text(text.format(10**run))  # of another size, as its time may be the same
        assert notebook.run("print(rig.pub)").count("open") == 1
        assert sub.subscribe() == (10**run, True)
    notebook.run("%autoreload 0\ndel rig, sys.modules['rig_of_the_test']")


def test_a_restarted_kernel_takes_its_topic_over_and_subscribers_follow(
    notebook: Notebook, shm_dir: Path, start_python: Callable[..., Any]
) -> None:
    reader = start_python(
        "import shm_pub_sub\n"
        "for value in shm_pub_sub.Subscriber('notebook/setpoint', 0.0):\n"
        "    print(value, flush=True)\n"
    )
    for run in range(3):
        notebook.run(PUBLISHER.format(run))
        assert reader.line() == f"{float(run)}"
        notebook.restart()
        prepare(notebook, shm_dir)
