"""docs/network-security.md: its files work, with the certificates that its command makes."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
from shm_pub_sub.network import Bridge
from support.paths import DOCS, ROOT
from support.programs import Programs, run
from support.waiting import until

from . import _tls

PAGE = (DOCS / "network-security.md").read_text(encoding="utf-8")
FILES = {
    match[1]: match[2]
    for match in re.finditer(r"`(\w+\.toml)`:\n\n```toml\n(.*?)```", PAGE, re.DOTALL)
}


def test_openssl_says_why_a_link_fails(tmp_path: Path) -> None:
    """With the command of the page, for which nobody else's listener is in the way."""
    written = re.search(r"^    (openssl s_client (?:.+\\\n)?.+)$", PAGE, re.MULTILINE)
    assert written is not None
    certificates = tmp_path / "certificates"
    _tls.make_certificates(certificates, f"office=office.example.org,{_tls.HOST}", "robot1")
    _tls.make_certificates(tmp_path / "others", f"office={_tls.HOST}", "robot1")
    where = _tls.endpoint().removeprefix("tls/")
    command = shlex.split(written[1].replace("\\\n", ""))
    words = [word.replace("office.example.org:7447", where) for word in command]

    def found(folder: Path, *more: str, stdin: int = subprocess.DEVNULL) -> str:
        ended = run(*words, *more, cwd=folder, stdin=stdin)
        return ended.stdout + ended.stderr

    assert "Connection refused" in found(certificates)
    zenoh = _tls.tls(certificates, "office")
    with Bridge(name="office", listen=f"tls/{where}", receive="*", zenoh=zenoh):
        good = found(certificates)
        assert "Verification: OK" in good
        assert "rror" not in good
        other_name = found(certificates, "-verify_hostname", "robot1")
        assert "Verification error: hostname mismatch" in other_name
        other_authority = found(tmp_path / "others")
        assert "Verification error: " in other_authority
        refused = "-cert", "../others/robot1.pem", "-key", "../others/robot1.key"
        end, kept = os.pipe()  # openssl reads the alert while its stdin is open
        alert = found(certificates, *refused, stdin=end)
        os.close(end)
        os.close(kept)
        assert "Verification: OK" in alert
        assert " alert " in alert


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
