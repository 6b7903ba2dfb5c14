"""Take the pictures of notebooks in docs/images: the examples, running in JupyterLab.

Needs jupyterlab, selenium, pillow, matplotlib, numpy and pandas (PyPI), and chromium and
chromium-driver (Debian); a release runs it: `python docs/screenshots/notebook.py`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000
"""Bytes of a picture."""

PATIENCE = 90
FILLED = 9
"""Seconds until the live plot has all of its window."""


class Shot(NamedTuple):
    """A picture of a part of a notebook."""

    notebook: Path
    image: Path
    first: str
    """The heading that the picture begins with."""
    last: str
    """The heading that it ends before."""
    again: str
    """The cell that is run again with those below it, when there is more to see."""
    width: int = 900
    height: int = 1250


SHOTS = (
    Shot(
        ROOT / "examples" / "tutorial.ipynb",
        IMAGES / "notebook.png",
        *("## Look", "## Use", "shm_pub_sub.topics()"),
    ),
    Shot(
        ROOT / "examples" / "recording.ipynb",
        IMAGES / "notebook-arrays.png",
        *("## Look", "## Record", "sensor = "),
        height=1840,
    ),
)

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]

LAB = [
    *("--no-browser", "--allow-root", "--expose-app-in-browser"),
    *("--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.port_retries=0"),
]

SELECT = """
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const begins = cell => cell.model.sharedModel.source.startsWith(arguments[0]);
    notebook.activeCellIndex = notebook.widgets.findIndex(begins);
    notebook.deselectAll();
    notebook.mode = "command";
    notebook.activeCell.node.scrollIntoView();
"""
"""Makes the cell that begins with the argument the active one, at the top."""

QUIET = "config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
"""The file that keeps JupyterLab from asking about news."""


def shown_part(shot: Shot) -> dict[str, Any]:
    """Return the notebook without what the picture does not show."""
    notebook: dict[str, Any] = json.loads(shot.notebook.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    end = next(n for n, cell in enumerate(cells) if "".join(cell["source"]).startswith(shot.last))
    return {**notebook, "cells": cells[:end]}


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Run JupyterLab on the notebooks in the folder, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "HOME": "."}
    environment = os.environ | {name: str(folder / path) for name, path in settings.items()}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *LAB, f"--ServerApp.port={port}"],
        cwd=folder,
        env=environment | {"SHM_PUB_SUB_DIR": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait(lambda: urllib.request.urlopen(f"{address}/api", timeout=5).close() or True)
        yield f"{address}/doc/tree"
    finally:
        server.terminate()
        server.wait(PATIENCE)


@contextmanager
def browser(folder: Path, shot: Shot) -> Iterator[Any]:
    """Run Chromium in a window of the picture's size."""
    webdriver: Any = importlib.import_module("selenium.webdriver")

    options = webdriver.ChromeOptions()
    size = f"--window-size={shot.width},{shot.height}"
    for argument in (*CHROMIUM, f"--user-data-dir={folder}", size):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or "chromium"
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        yield driver
    finally:
        driver.quit()


def wait(done: Any) -> Any:
    """Return what done() returns as soon as that is something."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if found := done():
                return found
        except OSError:
            pass  # the server does not listen yet
        if time.monotonic() > until:
            raise TimeoutError(f"found nothing within {PATIENCE} s")
        time.sleep(0.2)


def run_and_photograph(driver: Any, address: str, shot: Shot) -> bytes:
    """Run all cells, let the plot fill, and return the window as PNG."""
    driver.get(f"{address}/{shot.notebook.name}")
    ready = (
        "return window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
    )
    wait(lambda: driver.execute_script(f"{ready}?.status === 'idle'"))
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    wait(lambda: "process" in driver.find_element("tag name", "body").text)
    time.sleep(FILLED)
    # Again, as by now there is more to see.
    driver.execute_script(SELECT, shot.again)
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-below')")
    time.sleep(1)
    driver.execute_script(SELECT, shot.first)
    time.sleep(1)
    picture: bytes = driver.get_screenshot_as_png()
    return picture


def save(picture: bytes, path: Path) -> None:
    """Write the picture with 256 colours: a third of its size."""
    from PIL import Image  # noqa: PLC0415

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    path.parent.mkdir(exist_ok=True)
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path}: found {path.stat().st_size} bytes; expected {LARGEST} at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    for shot in SHOTS:
        with (
            tempfile.TemporaryDirectory(dir="/dev/shm") as notebooks,
            tempfile.TemporaryDirectory() as profile,
        ):
            copy = Path(notebooks) / shot.notebook.name
            copy.write_text(json.dumps(shown_part(shot)), encoding="utf-8")
            settings = Path(notebooks) / QUIET
            settings.parent.mkdir(parents=True)
            settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
            with jupyterlab(Path(notebooks)) as address, browser(Path(profile), shot) as driver:
                save(run_and_photograph(driver, address, shot), shot.image)
        print(f"{shot.image}: {shot.image.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
