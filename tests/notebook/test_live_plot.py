"""plot() in a notebook's cell."""

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import shm_pub_sub

from .conftest import Notebook, the_display

COUNT = "import threading\nprint(sum(t.name == 'shm_pub_sub.plot' for t in threading.enumerate()))"
PLOT = "import shm_pub_sub\nplot = shm_pub_sub.plot({}, seconds=5)\nplot"


def until(notebook: Notebook, words: str, publish: Any = None) -> str:
    """Run empty cells until the plot shows the words; return that output."""
    end = time.monotonic() + 30
    shown = ""
    while time.monotonic() < end:
        if publish is not None:
            publish()
        notebook.run("import time; time.sleep(0.05)")
        shown = the_display(notebook)[-1]["text/html"]
        if words in shown:
            return shown
    raise AssertionError(f"no {words!r} in {shown}")


def test_plot_follows_topics_that_come_and_go_and_change_their_type(notebook: Notebook) -> None:
    assert "running" in notebook.run(PLOT.format("'robot/*', 'estop'"))
    until(notebook, "estop: not there yet")
    with (
        shm_pub_sub.Publisher("robot/<arm>", 0.0) as arm,
        shm_pub_sub.Publisher("estop", False) as stop,
    ):
        stop.publish(True)
        until(notebook, "robot/&lt;arm&gt;: 2.5", lambda: arm.publish(2.5))
        shown = until(notebook, "estop: True")
        assert "<arm>" not in shown
        assert ">False</text>" in shown  # the strip of bools
    until(notebook, "estop: True, no publisher")
    with shm_pub_sub.Publisher("estop", 0) as stop:
        until(notebook, "estop: 7", lambda: stop.publish(7))
    assert "<script" not in shown


def test_plot_shows_a_picture_live_beside_a_field_and_keeps_the_last(notebook: Notebook) -> None:
    frame = np.zeros((48, 64, 3), "u1")
    with (
        shm_pub_sub.Publisher("camera", frame) as camera,
        shm_pub_sub.Publisher("imu", {"ax": 0.0}) as imu,
    ):
        imu.publish({"ax": 1.5})
        camera.publish(frame)
        notebook.run(PLOT.format("'camera', 'imu.ax'"))
        first_shown = the_display(notebook)[0]["text/html"]
        assert "imu.ax: 1.5" in first_shown  # nbconvert keeps no later one
        assert "<img" in first_shown
        shown = until(notebook, "imu.ax: 1.5")
        assert shown.count("<img") == 1
        first = shown.split("base64,")[1].split('"')[0]
        camera.publish(frame + 200)
        end = time.monotonic() + 30
        while first in the_display(notebook)[-1]["text/html"]:
            assert time.monotonic() < end, "no other picture"
            notebook.run("")
        assert notebook.run("plot.figure.get_axes()[1].get_images() != []") == "True"
    notebook.run("plot.stop()")
    last = the_display(notebook)[-1]["text/html"]
    assert last.count("<img") == 1
    assert "(stopped at" in last


def test_plot_does_not_block_and_goes_on_while_a_cell_runs(notebook: Notebook) -> None:
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(1)
        notebook.run(PLOT.format("'topic'"))
        until(notebook, "topic: 1")
        before = len(the_display(notebook))
        wait = "import shm_pub_sub\nshm_pub_sub.Subscriber('go on', False).recv()"
        request = notebook.send(wait)
        pub.publish(2)
        while not any("topic: 2" in f["text/html"] for f in the_display(notebook)[before:]):
            notebook.hear()
        with shm_pub_sub.Publisher("go on", False) as go_on:
            go_on.publish(True)
            assert notebook.finish(request) == "True"


def test_stop_leaves_the_last_picture_and_no_thread(notebook: Notebook) -> None:
    notebook.run(PLOT.format("'topic'"))
    assert notebook.run(COUNT) == "1\n"
    # In what a killed kernel leaves behind, this becomes visible.
    assert "not updated since" in the_display(notebook)[-1]["text/html"]
    assert re.search(r"running; .* at \d{4}-", the_display(notebook)[-1]["text/plain"])
    assert "stopped" in notebook.run("plot.stop(); plot.stop(); plot")
    assert notebook.run(COUNT) == "0\n"
    assert notebook.run("plot.running") == "False"
    assert "(stopped)" in the_display(notebook)[-1]["text/html"]
    assert "not updated since" not in the_display(notebook)[-1]["text/html"]


def test_ten_runs_of_a_cell_leave_one_plot(notebook: Notebook) -> None:
    for cell in ("a", None):  # a front end that sends the cell's id, and one that does not
        for _ in range(10):
            notebook.run(PLOT.format("'topic', shm_pub_sub.Subscriber('other', 0)"), cell)
        assert notebook.run(COUNT) == ("1\n" if cell else "2\n")
    assert notebook.run("print('no plot any more')", "a") == "no plot any more\n"
    assert notebook.run(COUNT) == "1\n"


def test_a_cell_may_have_two_plots_and_another_cell_the_same(notebook: Notebook) -> None:
    two = "import shm_pub_sub\na = shm_pub_sub.plot('topic')\nb = shm_pub_sub.plot('topic')"
    for _ in range(2):
        notebook.run(two, "first")
        notebook.run(two, "second")
    assert notebook.run(COUNT) == "4\n"


def test_plot_takes_nothing_from_a_subscribers_stream(notebook: Notebook) -> None:
    with shm_pub_sub.Publisher("topic", 0, 10) as pub:
        pub.publish(1)
        notebook.run(
            "import shm_pub_sub\nsub = shm_pub_sub.Subscriber('topic', 0)\n"
            "plot = shm_pub_sub.plot(sub)"
        )
        until(notebook, "topic: 1")
        pub.publish_many([2, 3])
        until(notebook, "topic: 3")
        assert notebook.run("sub.drain()") == "[1, 2, 3]"


def test_save_and_figure(notebook: Notebook, tmp_path: Path) -> None:
    with shm_pub_sub.Publisher("_$x$", 0.0) as pub, shm_pub_sub.Publisher("flag", True) as flag:
        flag.publish(True)
        pub.publish(1.5)
        notebook.run(PLOT.format("'_$x$', 'flag'"))
        until(notebook, "_$x$: 1.5")
        assert notebook.run(f"plot.save({str(tmp_path / 'a.png')!r})") == ""
        assert notebook.run(f"plot.save({str(tmp_path / 'a.svg')!r})") == ""
        texts = "[t.get_text().split(',')[0] for t in plot.figure.legends[0].get_texts()]"
        assert notebook.run(texts) == "['_$x$: 1.5', 'flag: True']"
        # pyplot would warn of so many figures, which is an error here.
        assert notebook.run("for _ in range(21): plot.figure") == ""
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "a.svg").read_text()


def test_errors_are_the_cells(notebook: Notebook) -> None:
    for call, error in {
        "": "TopicTypeError",
        "5": "TopicTypeError",
        "'topic', seconds=0": "TopicValueError",
        "'topic', seconds='1'": "TopicTypeError",
    }.items():
        assert notebook.run(f"import shm_pub_sub\nshm_pub_sub.plot({call})").startswith(error), call
    assert notebook.run(COUNT) == "0\n"


def test_a_kernel_with_plots_ends_and_leaves_none_behind(notebook: Notebook) -> None:
    notebook.run(PLOT.format("'topic'"))
    pid = int(re.findall(r"\d+", notebook.run("import os; print(os.getpid())"))[0])
    began = time.monotonic()
    notebook.restart()
    assert time.monotonic() - began < 30
    assert int(re.findall(r"\d+", notebook.run("import os; print(os.getpid())"))[0]) != pid
