"""docs/network-security.md: its files work, with the certificates that its command makes."""

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
from support.paths import DOCS, ROOT
from support.programs import Programs, run
from support.waiting import until

from . import _tls

PAGE = (DOCS / "network-security.md").read_text(encoding="utf-8")
FILES = {
    match[1]: match[2]
    for match in re.finditer(r"`(\w+\.toml)`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
}


def test_the_files_carry_topics(tmp_path: Path, programs: Programs) -> None:
    command = re.search(r"^    (\S+make_certificates\.sh .+)$", PAGE, re.MULTILINE)
    assert command is not None
    script, folder, *names = shlex.split(command[1])
    made = [name.replace("192.0.2.7", _tls.HOST) for name in names]
    run(ROOT / script, tmp_path / folder, *made, check=True)
    where = _tls.endpoint().removeprefix("tls/")
    for name, text in FILES.items():
        placed = text.replace("/etc/shm_pub_sub", str(tmp_path / folder))
        placed = placed.replace("0.0.0.0:7447", where).replace("office.example.org:7447", where)
        (tmp_path / name).write_text(placed)
        (tmp_path / name).with_suffix("").mkdir()
    assert [*FILES] == ["office.toml", "robot1.toml"]
    with (
        shm_pub_sub.Publisher("robot/speed", 0.0, directory=tmp_path / "robot1") as pub,
        shm_pub_sub.Subscriber("robot1/robot/speed", 0.0, directory=tmp_path / "office") as sub,
    ):
        pub.publish(1.5)
        for name in ("office", "robot1"):
            programs.start_command(
                *(sys.executable, "-m", "shm_pub_sub", "bridge"),
                *("--config", tmp_path / f"{name}.toml"),
                env=os.environ | {"SHM_PUB_SUB_DIR": str(tmp_path / name)},
            )
        until(lambda: sub.subscribe() == (1.5, True))
        file = shm_pub_sub.inspect("robot1/robot/speed", directory=tmp_path / "office")
        assert file.bridged
        assert Path(file.path).stat().st_mode & 0o777 == 0o600
