"""plot() outside a notebook: a window if matplotlib can open one, otherwise an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

BACKEND = """
# A backend of matplotlib with windows but without a screen; its loop runs the timers.
import time
from matplotlib.backend_bases import CloseEvent, FigureManagerBase, TimerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

each_turn = None

class Timer(TimerBase):
    running = []
    def _timer_start(self):
        self.running.append(self)
    def _timer_stop(self):
        if self in self.running:
            self.running.remove(self)

class FigureManager(FigureManagerBase):
    all = []
    def __init__(self, *args):
        super().__init__(*args)
        self.all.append(self)
    def destroy(self):
        self.all.remove(self)
        CloseEvent("close_event", self.canvas)._process()
    @classmethod
    def start_main_loop(cls):
        until = time.monotonic() + 40
        while Timer.running and time.monotonic() < until:
            each_turn()
            for timer in [*Timer.running]:
                timer._on_timer()
            for manager in cls.all:
                if getattr(manager.canvas, "due", False):
                    manager.canvas.due = False
                    manager.canvas.draw()
            time.sleep(0.005)

class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
    _timer_cls = Timer
    def draw_idle(self):
        self.due = True
"""

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import window_of_the_test as window
import matplotlib
matplotlib.use("module://window_of_the_test")
import matplotlib.pyplot as plt
import shm_pub_sub

pub = shm_pub_sub.Publisher("topic", 0)
pub.publish(1)

def legend():
    return [t.get_text() for t in plt.gcf().legends[0].get_texts()]

def each_turn():
    if legend() == ["topic: 1"]:
        pub.publish(2)
    elif legend() == ["topic: 2"]:
        print("updated")
        if "close" in sys.argv:
            plt.close()
        else:
            plot.stop()
    elif "old" in legend()[0]:
        pub.publish(1)

window.each_turn = each_turn
if "close" not in sys.argv:
    plt.ion()  # as in IPython, whose own loop runs the timers
plot = shm_pub_sub.plot("topic", seconds=3)
if plt.isinteractive():
    assert plot.running
    plot.save(sys.argv[1] + "/saved.png")
    window.FigureManager.start_main_loop()
assert not plot.running, plot
assert plt.get_fignums() == []
assert not window.Timer.running
plot.stop()
print(plot)
"""


@pytest.mark.parametrize("end", ["close", "stop"])
def test_a_window_is_updated_until_it_is_closed(
    end: str, tmp_path: Path, run_python: Callable[..., Any]
) -> None:
    (tmp_path / "window_of_the_test.py").write_text(BACKEND)
    ended = run_python(PROGRAM, tmp_path, end, timeout=60)
    assert ended.stderr == "", ended.stderr
    assert ended.stdout == "updated\n<Plot of 'topic', stopped>\n"
    assert (tmp_path / "saved.png").exists() == (end == "stop")


def test_without_a_window_the_error_says_what_to_use(run_python: Callable[..., Any]) -> None:
    ended = run_python(
        "import matplotlib\nmatplotlib.use('agg')\nimport shm_pub_sub\n"
        "try:\n    shm_pub_sub.plot('topic')\n"
        "except RuntimeError as error:\n    print(error)\n"
        "import matplotlib.pyplot\nassert not matplotlib.pyplot.get_fignums()\n"
    )
    assert ended.stderr == ""
    assert "neither a notebook nor a window" in ended.stdout
    assert "`shm-pub-sub plot TOPIC`" in ended.stdout


def test_what_is_no_topic_is_refused_before_a_window_opens(run_python: Callable[..., Any]) -> None:
    ended = run_python(
        "import shm_pub_sub\n"
        "try:\n    shm_pub_sub.plot(5)\nexcept TypeError as error:\n    print(error)\n"
    )
    assert ended.stdout == "topic name: found int; expected a str\n"
