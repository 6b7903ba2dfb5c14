"""memory-layout.md: the record that it shows in Python, C, Go and JSON is one and the same."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.layout import read_field, topic_file
from support.pages import blocks
from support.programs import Start

PAGE = "memory-layout.md"
GO = """package main

import (
    "bufio"
    "fmt"
    "os"

    "shm_pub_sub/shmpubsub"
)

{types}
func main() {{
    pub, err := shmpubsub.NewPublisher[Scan]("scan", 3)
    if err != nil {{
        panic(err)
    }}
    defer pub.Close()
    fmt.Println("ready")
    bufio.NewReader(os.Stdin).ReadString('\\n')
}}
"""
C = """#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
{types}
{checks}
"""


def shown(language: str, begin: str) -> str:
    """The block of the page that has this text."""
    (found,) = [b.text for b in blocks(PAGE) if b.language == language and begin in b.text]
    return found


DESCRIPTOR = "".join(line.strip() for line in shown("json", '"Scan"').splitlines())


def descriptor(directory: Path) -> str:
    path = topic_file(directory, "scan")
    offset, size = (read_field(path, name) for name in ("desc_offset", "desc_size"))
    return path.read_bytes()[offset : offset + size].decode()


def test_a_dataclass_has_the_descriptor(shm_dir: Path) -> None:
    names: dict[str, Any] = {"__name__": "scan"}
    exec(shown("python", "class Scan"), names)
    with shm_pub_sub.Publisher("scan", names["Scan"]()):
        assert descriptor(shm_dir) == DESCRIPTOR


def test_a_struct_of_go_has_it(
    build_go: Callable[[str], Path], start_command: Start, shm_dir: Path, tmp_path: Path
) -> None:
    source = tmp_path / "scan.go"
    source.write_text(GO.format(types=shown("go", "type Scan")))
    program = start_command(build_go(str(source)) / "scan")
    assert program.line() == "ready"
    assert descriptor(shm_dir) == DESCRIPTOR
    program.finish()


def test_a_struct_of_c_has_its_layout(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    layout = json.loads(DESCRIPTOR)
    offsets = {name: offset for name, _, offset in layout["fields"]}
    checks = [f'_Static_assert(sizeof(struct scan) == {layout["size"]}, "size");']
    checks += [
        f'_Static_assert(offsetof(struct scan, {name}) == {offset}, "{name}");'
        for name, offset in offsets.items()
    ]
    source = tmp_path / "scan.c"
    source.write_text(C.format(types=shown("c", "struct scan {"), checks="\n".join(checks)))
    command = [compiler, "-std=c11", "-Wall", "-Werror", "-fsyntax-only", str(source)]
    subprocess.run(command, check=True, timeout=60)
