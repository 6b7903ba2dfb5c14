"""Every program on the pages that are for users, as a program of its own."""

import re
import threading
from collections.abc import Iterator
from itertools import count

import pytest
import shm_pub_sub
from support.paths import ROOT
from support.programs import Run

PAGES = ["receiving.md"]


def programs() -> Iterator[object]:
    for page in PAGES:
        heading, numbers = "", count(1)
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for match in re.finditer(r"^#+ (.+)$|^```(.*)\n((?s:.*?))^```$", text, re.MULTILINE):
            if match[1]:
                heading, numbers = match[1], count(1)
            else:
                name = f"{page}, {heading}, {next(numbers)}"
                yield pytest.param(match[2], match[3], id=name)


class Greenhouse(threading.Thread):
    """Publishes what the programs of the pages read, until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()

    def run(self) -> None:
        with (
            shm_pub_sub.Publisher("greenhouse/air_celsius", 0.0) as air,
            shm_pub_sub.Publisher("greenhouse/door_open", False) as door,
        ):
            for number in count():
                air.publish(20.0 + number % 7)
                door.publish(number % 2 == 0)
                if self.stop.wait(0.02):
                    return


@pytest.fixture
def _greenhouse() -> Iterator[None]:
    greenhouse = Greenhouse()
    greenhouse.start()
    yield
    greenhouse.stop.set()
    greenhouse.join()


@pytest.mark.usefixtures("_greenhouse")
@pytest.mark.parametrize(("language", "program"), [*programs()])
def test_program_of_a_page_runs_as_it_is(language: str, program: str, run_python: Run) -> None:
    assert language == "python", "a block that nobody runs"
    ended = run_python(program)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout
    assert "silent" not in ended.stdout
