"""Take docs/images/notebook.png: the tutorial notebook, running in JupyterLab.

Needs jupyterlab, selenium, pillow, matplotlib and pandas (PyPI), and chromium and chromium-driver
(Debian); a release runs it: `python docs/screenshots/notebook.py`.
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
from typing import Any

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "examples" / "tutorial.ipynb"
IMAGE = ROOT / "docs" / "images" / "notebook.png"
LARGEST = 200_000
"""Bytes of the picture."""

WIDTH, HEIGHT = 900, 1250
PATIENCE = 90
FILLED = 9
"""Seconds until the live plot has all of its window."""

AGAIN = "shm_pub_sub.topics()"
"""The cell that is run again with those below it, when there is more to see."""

FIRST, LAST = "## Look", "## Use"
"""Headings: what the picture begins with, and what it ends before."""

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


def shown_part(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook without what the picture does not show."""
    cells = notebook["cells"]
    end = next(n for n, cell in enumerate(cells) if "".join(cell["source"]).startswith(LAST))
    return {**notebook, "cells": cells[:end]}


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Run JupyterLab on a notebook in the folder, and give its address."""
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
        yield f"{address}/doc/tree/{TUTORIAL.name}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


@contextmanager
def browser(folder: Path) -> Iterator[Any]:
    """Run Chromium."""
    webdriver: Any = importlib.import_module("selenium.webdriver")

    options = webdriver.ChromeOptions()
    for argument in (*CHROMIUM, f"--user-data-dir={folder}", f"--window-size={WIDTH},{HEIGHT}"):
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


def run_and_photograph(driver: Any, address: str) -> bytes:
    """Run all cells, let the plot fill, and return the window as PNG."""
    driver.get(address)
    ready = (
        "return window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
    )
    wait(lambda: driver.execute_script(f"{ready}?.status === 'idle'"))
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    wait(lambda: "process" in driver.find_element("tag name", "body").text)
    time.sleep(FILLED)
    # Again, as by now there is more to see.
    driver.execute_script(SELECT, AGAIN)
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-below')")
    time.sleep(1)
    driver.execute_script(SELECT, FIRST)
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
    parser.add_argument("-o", "--output", type=Path, default=IMAGE, metavar="FILE")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as notebooks,
        tempfile.TemporaryDirectory() as profile,
    ):
        notebook = shown_part(json.loads(TUTORIAL.read_text(encoding="utf-8")))
        (Path(notebooks) / TUTORIAL.name).write_text(json.dumps(notebook), encoding="utf-8")
        (Path(notebooks) / QUIET).parent.mkdir(parents=True)
        (Path(notebooks) / QUIET).write_text('{"fetchNews": "false", "checkForUpdates": false}')
        with jupyterlab(Path(notebooks)) as address, browser(Path(profile)) as driver:
            save(run_and_photograph(driver, address), options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
