"""Commands of bridges between machines, which the pages show and do not run: they are accepted."""

import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub._cli import main
from support.paths import ROOT

PAGES = ["README.md", "docs/network.md", "docs/network-security.md"]
COMMANDS = [
    command
    for page in PAGES
    for command in re.findall(
        r"^    shm-pub-sub (bridge .+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
]
MUTUAL = "[zenoh.transport.link.tls]\nenable_mtls = true\n"
FILES = {
    "certificates.toml": MUTUAL,
    "site-router.toml": 'listen = ["tls/0.0.0.0:7447"]\n' + MUTUAL,
    "office-router.toml": 'listen = ["tls/0.0.0.0:7447"]\n' + MUTUAL,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_options_are_right(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    code = main([*shlex.split(command), "--check"])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    assert re.match(r"(bridge|router) '.+'; (listens|connects|sends|receives)", printed.out)


def test_none_is_missed() -> None:
    assert len(COMMANDS) >= 10
