"""examples/network/plain_client.py: values of a bridge, read without the library."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")
pytest.importorskip("cbor2", reason="cbor2 is not installed")

import shm_pub_sub
from shm_pub_sub.network import Bridge
from support.programs import Start

LINE = re.compile(r"(.+): number (\d+), (\d+\.\d{3}) s old: (.*)")
VALUES: dict[str, Any] = {
    "arm/joint 1": -5,
    "arm/on": True,
    "arm/größe": 1.5,
    "arm/": "¼ m",
    "image": np.arange(12, dtype="u1").reshape(2, 2, 3),
    "cloud": np.array([(1, -0.5)], [("n", "<u4"), ("x", "<f4")]),
    "empty": np.empty((0, 3), "f2"),
    "state": {"q": np.array([1.0, 2.0]), "ok": np.array([True])},
}
SHOWN = {
    "arm/joint 1": "-5",
    "arm/on": "True",
    "arm/größe": "1.5",
    "arm/": "¼ m",
    "image": "[[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]",
    "cloud": "[{'n': 1, 'x': -0.5}]",
    "empty": "[]",
    "state": "{'q': [1.0, 2.0], 'ok': [1]}",
}


@pytest.fixture
def read(start_example: Start, tmp_path: Path) -> Any:
    """read(*words, status=0): what the program prints of each topic, but for ages.

    The bridge begins after the publishers, so that it knows them when it answers.
    """
    endpoint = f"unixsock-stream/{tmp_path}/zenoh"

    def read(*words: str, status: int = 0) -> dict[str, str]:
        with Bridge(name="robot 1", listen=endpoint, send="*", exclude="secret"):
            program = start_example("network/plain_client.py", endpoint, *words)
            lines = program.finish(status=status)
        found = {}
        for line in lines:
            match = LINE.fullmatch(line)
            assert match is not None, line
            assert match[2] == "1"
            assert 0 <= float(match[3]) < 60
            found[match[1]] = match[4]
        return found

    return read


def test_values_of_all_kinds_are_read(read: Any) -> None:
    publishers = []
    for name, value in VALUES.items():
        room = {"max_size": 9} if name in ("arm/", "empty", "cloud") else {}
        publishers.append(shm_pub_sub.Publisher(name, value, **room))
        publishers[-1].publish(value)
    secret = shm_pub_sub.Publisher("secret", 1)
    secret.publish(1)
    assert read("robot 1") == {f"robot 1: {name}": shown for name, shown in SHOWN.items()}
    of_arm = {key: shown for key, shown in SHOWN.items() if key.startswith("arm/")}
    assert read("*", "arm/*") == {f"robot 1: {name}": shown for name, shown in of_arm.items()}
    assert read("robot 1", "state") == {"robot 1: state": SHOWN["state"]}
    for publisher in (*publishers, secret):
        publisher.close()


def test_what_is_not_there_is_a_status(read: Any) -> None:
    with shm_pub_sub.Publisher("silent", 0):
        assert read("robot 1", "silent", status=1) == {}
    assert read("other", status=1) == {}
