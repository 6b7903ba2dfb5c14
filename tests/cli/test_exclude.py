"""--exclude, in the verbs that choose topics by pattern."""

from collections.abc import Iterator

import pytest
import shm_pub_sub

from ._reading import interrupt
from .conftest import Cli, RunCli


@pytest.fixture
def topics() -> Iterator[None]:
    with (
        shm_pub_sub.Publisher("robot/arm", 0) as arm,
        shm_pub_sub.Publisher("robot/camera", 0) as camera,
        shm_pub_sub.Publisher("robot/camera/info", 0) as info,
        shm_pub_sub.Publisher("other", 0) as other,
    ):
        for number, publisher in enumerate((arm, camera, info, other)):
            publisher.publish(number)
        yield


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--exclude", "robot/camera*"], ["other", "robot/arm"]),
        (["robot/*", "--exclude", "robot/camera"], ["robot/arm", "robot/camera/info"]),
        (["--exclude", "robot/*", "--exclude", "nothing"], ["other"]),
        (["other", "--exclude", "*"], []),
    ],
)
def test_list_leaves_them_out(call_cli: RunCli, arguments: list[str], found: list[str]) -> None:
    assert call_cli("list", *arguments).stdout.splitlines() == found


@pytest.mark.usefixtures("topics")
@pytest.mark.parametrize(
    "verb",
    ["echo --once", "hz -n 1 -i 0.05", "delay -n 1 -i 0.05", "top -n 1"],
)
def test_verbs_leave_them_out(call_cli: RunCli, verb: str) -> None:
    ended = call_cli(*verb.split(), "robot/*", "--exclude", "robot/camera*")
    assert ended.returncode == 0
    assert "robot/arm" in ended.stdout
    assert "camera" not in ended.stdout + ended.stderr


def test_echo_leaves_out_what_comes_later(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/arm", 0) as arm:
        echo = cli.start("echo", "robot/*", "--exclude", "*/camera")
        arm.publish(1)
        assert echo.line() == "robot/arm: 1"
        with shm_pub_sub.Publisher("robot/camera", 0) as camera:
            camera.publish(2)
            with shm_pub_sub.Publisher("robot/base", 0) as base:
                base.publish(3)
                assert echo.line() == "robot/base: 3"
        assert interrupt(echo)[0] == ""


def test_clean_leaves_them(call_cli: RunCli, leave: object) -> None:
    leave("robot/a", "robot/b")  # type: ignore[operator]
    ended = call_cli("clean", "--exclude", "*/b", "--dry-run")
    assert "robot/a" in ended.stdout
    assert "robot/b" not in ended.stdout
    assert call_cli("clean").returncode == 0


def test_rm_names_what_it_removes(call_cli: RunCli) -> None:
    assert call_cli("rm", "a", "--exclude", "b").returncode == 2
