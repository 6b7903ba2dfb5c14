"""The C side in layers: protocol/ knows nothing of Python or hot/, and there are no circles.

x.c and x.h are one part. A part uses another by including its header, or by calling a function that
the other defines.
"""

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SHMPUBSUB = Path(__file__).parents[2] / "shmpubsub"
FOLDERS = ("protocol", "hot", "guest")

Sources = dict[str, str]  # by folder/name.c


def sources() -> Sources:
    paths = [path for folder in FOLDERS for path in SHMPUBSUB.glob(f"{folder}/*.[ch]")]
    return {path.relative_to(SHMPUBSUB).as_posix(): path.read_text() for path in paths}


def includes(name: str, text: str) -> set[str]:
    """The files of ours that a file includes."""
    found = re.findall(r'(?m)^#include "(.*)"', text)
    folder = (SHMPUBSUB / name).parent
    return {(folder / f).resolve().relative_to(SHMPUBSUB.resolve()).as_posix() for f in found}


def without_comments(text: str) -> str:
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', "", text, flags=re.DOTALL)


def definitions(text: str) -> set[str]:
    """The functions that other files can call: each name begins a line, after its type."""
    found = re.findall(r"(?m)^(?!static\b)(\w[\w *]*)\n(\w+)\([^;{]*\)\n{", text)
    return {function for type_, function in found if not type_.startswith("static")}


def part(name: str) -> str:
    return name.rpartition(".")[0]


def uses(files: Sources) -> dict[str, set[str]]:
    """The parts that each part uses."""
    defined = {name: definitions(text) for name, text in files.items()}
    graph: dict[str, set[str]] = {part(name): set() for name in files}
    for name, text in files.items():
        words = set(re.findall(r"\w+", without_comments(text))) - set(static_names(text))
        called = {other for other, functions in defined.items() if functions & words}
        graph[part(name)] |= {part(other) for other in includes(name, text) | called}
    return {name: used - {name} for name, used in graph.items()}


def static_names(text: str) -> Iterable[str]:
    """What a file calls by a name of its own, whatever others call so."""
    return re.findall(r"(?m)^static [\w *]*\n(\w+)\(", text)


def circle(files: Sources) -> list[str]:
    """Return the parts of one circle; empty if there is none."""
    try:
        TopologicalSorter(uses(files)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_nothing_goes_round_in_circles() -> None:
    assert circle(sources()) == []


def test_protocol_knows_nothing_of_what_is_above_it() -> None:
    for name, text in sources().items():
        if name.startswith("protocol/"):
            assert not re.search(r"#include.*Python\.h", text), name
            assert not re.search(r"\bPy[A-Z_]", without_comments(text)), name
            assert {used.split("/")[0] for used in includes(name, text)} <= {"protocol"}, name
    for name, used in uses(sources()).items():
        if name.startswith("protocol/"):
            assert {other.split("/")[0] for other in used} <= {"protocol"}, name


@pytest.mark.parametrize(
    ("name", "added"),
    [
        ("protocol/ring.h", '#include "cursor.h"\n'),
        ("protocol/fork.c", "void f(void) { watch_end(NULL); }\n"),
        ("hot/attachment.c", "void f(void) { take(NULL, NULL); }\n"),
        ("hot/registry.h", '#include "publisher.h"\n'),
    ],
)
def test_a_circle_is_found(name: str, added: str) -> None:
    files = sources()
    files[name] += added
    assert part(name) in circle(files)


def test_every_function_that_others_can_call_is_seen() -> None:
    found = definitions((SHMPUBSUB / "protocol" / "cursor.c").read_text())
    assert {"cursor_join", "cursor_return"} <= found
    assert "lose" not in found
