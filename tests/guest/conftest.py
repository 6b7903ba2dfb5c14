"""The C host that the programs of this folder load, compiled once."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """host.c as a shared library."""
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"no {compiler[0]} here")
    library = tmp_path_factory.mktemp("host") / "host.so"
    options = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"]
    # As the program's own libraries have it: no stack clash probes that touch the pages for it.
    subprocess.run([*compiler, *options, HERE / "host.c", "-o", library], check=True)
    return library
