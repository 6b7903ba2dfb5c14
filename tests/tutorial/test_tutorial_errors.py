"""The error symptoms: a RuntimeError whose text begins as the tutorial gives it."""

import os
from pathlib import Path

import pytest
from support.programs import Start

from ._blocks import CONFLICT_SYMPTOM, CREATION_SYMPTOM, VERIFICATION
from ._programs import HOLD, IMPORT
from ._reading import statements
from ._spec import Block, Spec


def symptom(tutorial: Spec, block: Block) -> str:
    error, text = tutorial.raw(block)[-1].split(": ")
    assert error == "RuntimeError"
    return text


def attempt(program: str) -> str:
    """The program, and what it prints when it fails as documented."""
    body = "".join(f"    {line}\n" for line in program.splitlines())
    outcome = "except RuntimeError as error:\n    print(error)\nelse:\n    print('no error')\n"
    return f"{IMPORT}try:\n{body}{outcome}"


def test_a_second_publisher_gets_an_error_that_names_the_first(
    tutorial: Spec, start: Start
) -> None:
    imported, opened, *_ = statements(tutorial.source(VERIFICATION))
    holding = start(imported + opened + HOLD)
    holding.wait_for("held")

    message = "\n".join(start(attempt(opened)).finish())

    assert message.startswith(symptom(tutorial, CONFLICT_SYMPTOM))
    assert str(holding.pid) in message
    holding.finish()


def test_a_second_publisher_in_the_same_process_gets_the_error_too(
    tutorial: Spec, start: Start
) -> None:
    imported, opened, *_ = statements(tutorial.source(VERIFICATION))

    message = "\n".join(start(imported + opened + attempt(opened)).finish())

    assert message.startswith(symptom(tutorial, CONFLICT_SYMPTOM))


def test_the_topic_is_free_again_when_its_publisher_has_ended(tutorial: Spec, start: Start) -> None:
    imported, opened, *_ = statements(tutorial.source(VERIFICATION))
    start(imported + opened).finish()

    assert start(attempt(opened)).finish() == ["no error"]


@pytest.mark.parametrize("place", ["/sys", "file"], ids=["no permission", "not a directory"])
def test_where_nothing_can_be_created_the_creation_fails_as_documented(
    tutorial: Spec, start: Start, tmp_path: Path, place: str
) -> None:
    _, opened, *_ = statements(tutorial.source(VERIFICATION))
    (tmp_path / "file").write_bytes(b"")
    domain = tmp_path / place  # An absolute place stays as it is.

    message = "\n".join(
        start(attempt(opened), env={**os.environ, "SHM_PUB_SUB_DIR": str(domain)}).finish()
    )

    assert message.startswith(symptom(tutorial, CREATION_SYMPTOM))


def test_a_shortage_of_memory_fails_the_creation_as_documented(
    tutorial: Spec, start: Start, shm_dir: Path
) -> None:
    filesystem = os.statvfs(shm_dir)
    more_values_than_fit = filesystem.f_blocks * filesystem.f_frsize // 8 + 1

    program = f"shm_pub_sub.Publisher('topic', 0, {more_values_than_fit})"
    message = "\n".join(start(attempt(program)).finish())

    assert message.startswith(symptom(tutorial, CREATION_SYMPTOM))
