"""The C code of gopy and of cgo is C17, whatever the compiler's default."""

import shlex
import subprocess
import sys
from pathlib import Path

from support.paths import ROOT

# A compiler that records how it is called.
RECORDER = """#!{python}
import shlex, subprocess, sys
with open({log!r}, "a") as log:
    print(shlex.join(sys.argv[1:]), file=log)
sys.exit(subprocess.run([*{compiler!r}, *sys.argv[1:]]).returncode)
"""


def test_everything_that_cgo_compiles_is_c17(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / ".ci"))
    import build_machine  # noqa: PLC0415

    log, recorder = tmp_path / "log", tmp_path / "recorder"
    recorder.write_text(
        RECORDER.format(python=sys.executable, log=str(log), compiler=build_machine.COMPILER)
    )
    recorder.chmod(0o755)
    environment = build_machine.go_environment() | {"CC": str(recorder)}
    subprocess.run(["go", "build", "runtime/cgo"], cwd=ROOT, env=environment, check=True)
    lines = [shlex.split(line) for line in log.read_text().splitlines()]
    compiled = [line for line in lines if any(word.endswith((".c", ".S")) for word in line)]
    assert len(compiled) > 5
    for line in compiled:
        assert [word for word in line if word.startswith("-std=")][-1:] == ["-std=gnu17"], line
