"""The commands of the two containers, in namespaces like a container's."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from support.namespaces import MOUNT, PID, launcher
from support.paths import EXAMPLES
from support.programs import OPTIONS, Program, Start

from ._order import appear_in_order

FOLDER = EXAMPLES / "containers"
COMPOSE = (FOLDER / "compose.yaml").read_text(encoding="utf-8")

# The shared directory is at another place in each.
INSIDE = 'mount --bind "$0" "$1"; export SHM_PUB_SUB_DIR="$1"; shift; cd "$1"; shift; exec "$@"'


def commands() -> dict[str, list[str]]:
    """Each service's command; it is JSON as well as YAML."""
    found = re.findall(
        r"^  (\w+):\n    <<: \*example\n    command: (\[.*\])$", COMPOSE, re.MULTILINE
    )
    return {service: json.loads(command) for service, command in found}


def test_services_run_examples_that_the_image_has() -> None:
    assert list(commands()) == ["sensor", "watch"]
    for program, *arguments in commands().values():
        assert program == "python"
        assert (EXAMPLES / arguments[0]).exists()
    assert "COPY examples/*.py /examples/" in (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_compose_file_gives_both_the_same_directory() -> None:
    compose = pytest.importorskip("yaml").safe_load(COMPOSE)
    (volume,) = compose["volumes"]
    assert compose["volumes"][volume]["driver_opts"]["type"] == "tmpfs"
    for name, service in compose["services"].items():
        assert service["command"] == commands()[name]
        assert service["volumes"] == [f"{volume}:{service['environment']['SHM_PUB_SUB_DIR']}"]
        assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).exists()


def test_one_prints_what_the_other_publishes(
    start_command: Start, shm_dir: Path, tmp_path: Path
) -> None:
    container = launcher(*MOUNT, *PID)

    def up(service: str) -> Program:
        there = tmp_path / service
        there.mkdir()
        _python, *arguments = commands()[service]
        program = [sys.executable, *OPTIONS, "-u", *arguments]
        inside = ("sh", "-ec", INSIDE, shm_dir, there, EXAMPLES)
        return start_command(*container, *inside, *program)

    watch = up("watch")
    watch.wait_for("no sensor")
    sensor = up("sensor")
    for _ in range(3):  # the last one may be published and not yet printed
        watch.wait_for(r"\d, -?\d+\.\d\d$")
    stop(sensor)
    watch.wait_for("no sensor")
    stop(watch)
    published = [line.split()[1] for line in sensor.lines]
    rows = [line.split(", ")[1] for line in watch.lines if "vent" not in line]
    assert rows[0] == rows[-1] == "no sensor"
    assert appear_in_order(rows[1:-2], published)
    assert len(rows) > 4


def stop(example: Program) -> None:
    """As `docker stop` does: the stop signal to the container's first process."""
    assert "stop_signal: SIGINT" in COMPOSE
    unshare = example.pid
    (first,) = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
    os.kill(int(first), signal.SIGINT)
    example.finish()
