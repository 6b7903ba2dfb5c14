"""The units of systemd, the pod of Kubernetes, and their page: docs/probes.md."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support import pages
from support.paths import EXAMPLES, ROOT
from support.programs import OPTIONS, Start
from support.waiting import until

UNITS = EXAMPLES / "systemd"
POD = EXAMPLES / "kubernetes" / "pod.yaml"
BIN = Path(sys.executable).parent
INSTALLED = "/opt/greenhouse/"
"""Where the units say that everything is."""


def installed(unit: str) -> str:
    """Return a unit with the paths of this machine."""
    text = (UNITS / unit).read_text(encoding="utf-8")
    here = text.replace(f"{INSTALLED}bin/", f"{BIN}/").replace(INSTALLED, f"{UNITS}/")
    assert INSTALLED not in here
    return here


def command(unit: str, **variables: object) -> list[str]:
    """Return the words of ExecStart."""
    (found,) = re.findall(r"^ExecStart=(.*)$", installed(unit), re.MULTILINE)
    for name, value in variables.items():
        found = found.replace(f"${{{name}}}", str(value))
    return shlex.split(found)


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[Any]:
    """What systemd would hear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(30)
        yield receiver


def test_the_units_are_valid(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze") or pytest.skip("no systemd-analyze")
    units = [path.name for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]]
    assert len(units) == 4
    for unit in units:
        (tmp_path / unit).write_text(installed(unit), encoding="utf-8")
    paths = [str(tmp_path / unit) for unit in units]
    done = subprocess.run(
        [analyze, "verify", *paths], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / units[0]).write_text("[Service]\nType=nonsense\n", encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", paths[0]], capture_output=True, timeout=60, check=False
    )
    assert done.returncode != 0


def test_the_sensor_says_that_it_is_ready_and_well(
    notified: socket.socket, start_command: Start, tmp_path: Path
) -> None:
    python, program = command("greenhouse-sensor.service")
    environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    sensor = start_command(python, *OPTIONS, program, env=environment)
    for _ in range(3):
        assert notified.recv(100) == b"READY=1\nWATCHDOG=1"
    assert shm_pub_sub.inspect("greenhouse/celsius").published >= 3
    check = command("greenhouse-check.service")
    assert subprocess.run(check, stdout=subprocess.DEVNULL, timeout=60, check=False).returncode == 0
    sensor.send_signal(signal.SIGTERM)
    assert sensor.wait(30) == 0
    assert shm_pub_sub.topics() == []
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("shm-pub-sub: greenhouse/*: no such topic in /dev/shm")


def test_the_recorder_says_that_it_is_ready(
    notified: socket.socket, start_command: Start, tmp_path: Path
) -> None:
    pytest.importorskip("mcap")
    words = command("greenhouse-record.service", STATE_DIRECTORY=tmp_path)
    environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    for _ in range(2):
        recorder = start_command(*words, env=environment, stderr=subprocess.PIPE)
        assert b"READY=1" in notified.recv(1000).split(b"\n")
        with shm_pub_sub.Publisher("topic", 0.0) as pub:
            pub.publish(1.5)
            recorder.send_signal(signal.SIGTERM)
            until(lambda: b"STOPPING=1" in notified.recv(1000))
            _, errors = recorder.communicate(timeout=30)
        assert recorder.returncode in (0, 128 + signal.SIGTERM, -signal.SIGTERM), errors
    assert sorted(path.name for path in tmp_path.glob("run_*.mcap")) == ["run_0.mcap", "run_1.mcap"]


def pod() -> Any:
    return pytest.importorskip("yaml").safe_load(POD.read_text(encoding="utf-8"))


def test_the_containers_of_the_pod_share_their_topics_and_user() -> None:
    spec = pod()["spec"]
    (volume,) = spec["volumes"]
    assert volume["emptyDir"]["medium"] == "Memory"
    assert spec["securityContext"]["runAsUser"] == 65534
    for container in spec["containers"]:
        (mount,) = container["volumeMounts"]
        (variable,) = container["env"]
        assert mount["name"] == volume["name"]
        assert variable == {"name": "SHM_PUB_SUB_DIR", "value": mount["mountPath"]}
        python, program = container["command"]
        assert python == "python"
        assert (EXAMPLES / program).exists()


def test_the_probes_of_the_pod_see_the_sensor(start_command: Start) -> None:
    sensor, watch = pod()["spec"]["containers"]
    probes = [sensor["livenessProbe"], watch["readinessProbe"]]

    def codes() -> list[int]:
        found = []
        for probe in probes:
            _program, *arguments = probe["exec"]["command"]
            words = [str(BIN / "shm-pub-sub"), *arguments]
            done = subprocess.run(words, capture_output=True, timeout=60, check=False)
            found.append(done.returncode)
        return found

    assert codes() == [1, 1]
    running = start_command(sys.executable, *OPTIONS, EXAMPLES / sensor["command"][1])
    until(lambda: any(topic.published >= 3 for topic in shm_pub_sub.topics()))
    assert codes() == [0, 0]
    running.send_signal(signal.SIGINT)
    running.finish()


def test_the_page_shows_what_the_files_have() -> None:
    excuses = 0
    for block in pages.blocks("probes.md"):
        if match := re.fullmatch("it is a part of (.*)", block.excuse or ""):
            assert block.text.strip() in (ROOT / match[1]).read_text(encoding="utf-8")
            excuses += 1
    assert excuses == 6
