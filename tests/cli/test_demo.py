"""shm-pub-sub demo; tests/examples/test_demo.py has it play to its end."""

import signal
from pathlib import Path

import shm_pub_sub
from support.programs import Run, Start

from ._reading import interrupt
from .conftest import Cli

FAULTY = """
import sys
from shm_pub_sub._cli.verbs import demo
from shm_pub_sub._cli import main
demo.PUBLISHER = demo.PUBLISHER.replace("{amplitude}", "700.0")
sys.exit(main(["demo"]))
"""


def test_demo_fails_with_a_message_where_an_act_goes_wrong(run_python: Run, shm_dir: Path) -> None:
    demo = run_python(FAULTY)
    assert demo.returncode == 1
    assert demo.stderr.startswith("shm-pub-sub: demo: FAILED: read ")
    assert demo.stderr.endswith(" True from a live publisher\n")
    assert list(shm_dir.iterdir()) == []


def test_ctrl_c_ends_it_and_its_publisher(cli: Cli, shm_dir: Path) -> None:
    with shm_pub_sub.Publisher("pendulum/angle", 0):  # a topic of the user's own is not touched
        demo = cli.start("demo")
        while "Values flow" not in demo.line():
            pass
        out, err = interrupt(demo)
        assert err == ""
        assert "2. kill" not in out
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.pendulum%2Fangle"]


def test_publisher_ends_in_order_by_sigterm(start_python: Start) -> None:
    pendulum = start_python("from shm_pub_sub._cli.verbs.demo import swing\nswing(30.0, 5)\n")
    with (
        shm_pub_sub.Subscriber("pendulum/angle", 0.0) as angle,
        shm_pub_sub.Subscriber("pendulum/swings", 0) as swings,
        shm_pub_sub.Subscriber("pendulum/right", False) as right,
    ):
        values = [angle.recv(timeout=30) for _ in range(20)]
        assert all(-30 <= value <= 30 for value in values)
        assert len(set(values)) > 10
        assert swings.recv(timeout=30) >= 0
        assert right.recv(timeout=30) in (True, False)
    pendulum.send_signal(signal.SIGTERM)
    assert pendulum.wait(30) == 0
    assert shm_pub_sub.topics() == []
