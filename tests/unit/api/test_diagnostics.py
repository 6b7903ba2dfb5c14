"""What `doctor` and `clean` know, from Python."""

import os
import time
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, TopicTypeError, TopicValueError
from shm_pub_sub.diagnostics import Finding, check, leftovers
from support.programs import Run

DIE = """
import os, sys, shm_pub_sub
kept = [shm_pub_sub.Publisher(name, 0, retain=name == "kept") for name in sys.argv[1:]]
for pub in kept:
    pub.publish(1)
os._exit(0)
"""


def test_a_healthy_machine_passes_every_check(tmp_path: Path) -> None:
    """In the directory that is given, where the self-test leaves nothing."""
    findings = {finding.check: finding for finding in check(directory=tmp_path)}
    assert all(isinstance(finding, Finding) for finding in findings.values())
    assert findings["directory"].found.startswith(f"{tmp_path}, mode ")
    assert findings["self-test"].verdict == "ok"
    assert findings["version"].found.startswith(f"shm_pub_sub {shm_pub_sub.__version__}, ")
    assert list(tmp_path.iterdir()) == []


def test_no_directory_fails_and_says_what_to_do(tmp_path: Path) -> None:
    findings = {finding.check: finding for finding in check(directory=tmp_path / "none")}
    assert findings["directory"].verdict == "fail"
    assert "SHM_PUB_SUB_DIR" in str(findings["directory"].remedy)
    assert "self-test" not in findings


def test_leftovers_are_what_dead_publishers_left(run_python: Run, tmp_path: Path) -> None:
    environment = os.environ | {"SHM_PUB_SUB_DIR": str(tmp_path)}
    run_python(DIE, "robot/arm", "robot/leg", "kept", env=environment)
    (tmp_path / "shm_pub_sub.broken").write_bytes(b"nonsense" * 1000)
    draft = tmp_path / "shm_pub_sub#draft"
    draft.write_bytes(b"")
    os.utime(draft, (0, time.time() - 3600))
    with Publisher("alive", 0, directory=tmp_path):
        assert [(one.name, one.what) for one in leftovers(directory=tmp_path)] == [
            ("broken", "damaged or of another version"),
            ("kept", "retained value"),
            ("robot/arm", "dead publisher"),
            ("robot/leg", "dead publisher"),
            ("shm_pub_sub#draft", "killed while creating it"),
        ]
        assert [one.name for one in leftovers("robot/*", directory=tmp_path)] == [
            "robot/arm",
            "robot/leg",
        ]
        assert leftovers() == [], "elsewhere"
        for one in leftovers(directory=tmp_path):
            assert one.nbytes == Path(one.path).stat().st_blocks * 512
            one.remove()
        assert [topic.name for topic in shm_pub_sub.topics(directory=tmp_path)] == ["alive"]


def test_another_file_of_the_name_is_not_removed(run_python: Run, shm_dir: Path) -> None:
    run_python(DIE, "topic")
    (found,) = leftovers()
    with Publisher("topic", 0):
        with pytest.raises(FileNotFoundError, match="found another file"):
            found.remove()
        assert len(list(shm_dir.iterdir())) == 1


def test_arguments_are_checked() -> None:
    for use in (leftovers, check):
        with pytest.raises(TopicTypeError, match="directory: found int"):
            use(directory=1)  # type: ignore[operator]
    with pytest.raises(TopicTypeError, match="topic name: found int"):
        leftovers(1)  # type: ignore[arg-type]
    with pytest.raises(TopicValueError, match="found a NUL"):
        leftovers("a\0b")
