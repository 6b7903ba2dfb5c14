"""Several users in one directory: which of them read, write, and get which error."""

import os
import signal
from pathlib import Path

import pytest
from support.namespaces import USER, launcher
from support.programs import Check, Program, Run, Start

from ._users import (
    BECOME,
    GROUP,
    MEMBER,
    NEWGRP,
    NOBODY,
    OTHER_GROUP,
    OUTSIDER,
    OWNER,
    PUBLISH,
    needs_root,
    who,
)

pytestmark = needs_root

LOOK = """
attempt(lambda: Subscriber("topic", -1, trust=int(sys.argv[3])).subscribe())
attempt(lambda: Publisher("topic", 0, trust=int(sys.argv[3])).publish(2))
attempt(lambda: remove("topic"))
print([topic.name for topic in topics()])
try:
    open(sys.argv[2], "r+b").close()
    print("may write")
except PermissionError:
    print("may not write")
"""


@pytest.fixture(autouse=True)
def _open_to_all(shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)


def test_mode_0640_lets_the_group_read_and_nobody_else(
    start_python: Start, check_python: Check, shm_dir: Path
) -> None:
    owner = start_python(PUBLISH, who(OWNER, GROUP), "640")
    assert owner.line() == "ready"
    path = shm_dir / "shm_pub_sub.topic"

    for ids in [(MEMBER, OTHER_GROUP, GROUP), (NEWGRP, GROUP)]:
        printed = check_python(BECOME + LOOK, who(*ids), path, OWNER)
        read, publish, remove, listed, write = printed.splitlines()
        assert read == "done (1, True)"
        for refused in (publish, remove):
            assert refused.startswith("ExistsError ")
            assert f"process {owner.pid} of user {OWNER} " in refused
        assert listed == "['topic']"
        assert write == "may not write"

    printed = check_python(BECOME + LOOK, who(OUTSIDER, OTHER_GROUP), path, OWNER)
    read, publish, remove, listed, write = printed.splitlines()
    assert read.startswith("OpenError Failed to open shared memory: ")
    assert publish.startswith("CreateError Failed to create shared memory: ")
    for refused in (read, publish, remove):
        assert f"this process is user {OUTSIDER}" in refused
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0640" in refused
    assert listed == "[]"
    assert write == "may not write"

    assert owner.communicate("\n", timeout=20)[0] == ""
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("mode", ["600", "666"])
def test_another_users_dead_topic_stays_and_the_error_says_whose_it_is(
    mode: str, start_python: Start, check_python: Check, shm_dir: Path
) -> None:
    """The directory's sticky bit protects it, even if everybody may write to the file."""
    owner = start_python(PUBLISH, who(OWNER, GROUP), mode)
    assert owner.line() == "ready"
    owner.send_signal(signal.SIGKILL)
    owner.wait(20)
    path = shm_dir / "shm_pub_sub.topic"

    printed = check_python(BECOME + LOOK, who(OUTSIDER, OTHER_GROUP), path, OWNER)
    read, publish, remove, *_ = printed.splitlines()
    assert read.startswith("OpenError " if mode == "600" else "done (-1, False)")
    assert publish.startswith("CreateError Failed to create shared memory: ")
    assert remove.startswith("OpenError ")
    for refused in (publish, remove):
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0{mode}" in refused
    assert [left.name for left in shm_dir.iterdir()] == [path.name], "and nothing else is left"

    again = start_python(PUBLISH, who(OWNER, GROUP), mode)  # its owner takes it over
    assert again.communicate("\n", timeout=20)[0] == "ready\n"
    assert list(shm_dir.iterdir()) == []


def test_own_file_without_permissions_is_a_clear_error(check_python: Check, shm_dir: Path) -> None:
    path = shm_dir / "shm_pub_sub.topic"
    path.touch()
    os.chown(path, OWNER, GROUP)
    path.chmod(0)
    printed = check_python(BECOME + LOOK, who(OWNER, GROUP), path, OWNER)
    read, publish, remove, listed, write = printed.splitlines()
    for kind, refused in zip(
        ("OpenError", "CreateError", "OpenError"), (read, publish, remove), strict=True
    ):
        assert refused.startswith(f"{kind} ")
        assert f"user {OWNER}'s and group {GROUP}'s with mode 0;" in refused
    assert (listed, write) == ("[]", "may not write")
    path.unlink()


READ = """
if len(sys.argv) > 2:
    os.environ[sys.argv[2]] = sys.argv[3]
attempt(lambda: Subscriber("topic", -1).subscribe())
"""


@pytest.fixture
def published(start_python: Start) -> Start:
    """published(who(...), mode): a program of that user, which publishes until it is ended."""

    def start(ids: str, mode: str, *more: str) -> Program:
        program = start_python(PUBLISH, ids, mode, *more)
        assert program.line() == "ready"
        return program

    return start


def end(publisher: Program) -> None:
    """Lets it remove its topic."""
    assert publisher.communicate("\n", timeout=20)[0] == ""


def test_everybody_trusts_root(published: Start, run_python: Run) -> None:
    publisher = published(who(0, 0), "644")
    assert run_python(BECOME + READ, who(OUTSIDER, OTHER_GROUP)).stdout == "done (1, True)\n"
    end(publisher)


def test_root_trusts_the_user_who_called_sudo(published: Start, run_python: Run) -> None:
    publisher = published(who(OWNER, GROUP), "600")
    refused = run_python(BECOME + READ, who(0, 0)).stdout
    assert refused.startswith("OpenError Failed to open shared memory: open 'topic': found a file ")
    assert f" of user {OWNER} in " in refused
    assert "; expected one of root; pass trust=" in refused
    assert run_python(BECOME + READ, who(0, 0), "SUDO_UID", OWNER).stdout == "done (1, True)\n"
    assert run_python(BECOME + READ, who(0, 0), "SUDO_UID", MEMBER).stdout.startswith("OpenError ")
    end(publisher)


def test_only_root_trusts_the_user_who_called_sudo(published: Start, run_python: Run) -> None:
    publisher = published(who(OWNER, GROUP), "644")
    ended = run_python(BECOME + READ, who(MEMBER, GROUP), "SUDO_UID", OWNER)  # sudo -u MEMBER
    assert ended.stdout.startswith("OpenError ")
    end(publisher)


@pytest.mark.parametrize("named", [str(OWNER), "any", f"daemon, {OWNER}"])
def test_root_in_a_container_trusts_whom_the_variable_names(
    named: str, published: Start, run_python: Run
) -> None:
    publisher = published(who(OWNER, GROUP), "600")
    ended = run_python(BECOME + READ, who(0, 0), "SHM_PUB_SUB_TRUST", named)
    assert ended.stdout == "done (1, True)\n"
    end(publisher)


def test_two_users_trust_each_other_if_they_say_so(published: Start, run_python: Run) -> None:
    publisher = published(who(OWNER, GROUP), "644")
    refused = run_python(BECOME + READ, who(OUTSIDER, OTHER_GROUP)).stdout
    assert f"; expected one of user {OUTSIDER} or root; pass trust={OWNER} or set " in refused
    trusting = BECOME + (
        f"for trust in ({OWNER}, '{OWNER}', ['daemon', {OWNER}], 'any'):\n"
        "    attempt(lambda: Subscriber('topic', -1, trust=trust).subscribe())\n"
        "os.environ['SHM_PUB_SUB_TRUST'] = 'any'\n"
        "attempt(lambda: Subscriber('topic', -1, trust=()).subscribe())\n"
    )
    *read, refused = run_python(trusting, who(OUTSIDER, OTHER_GROUP)).stdout.splitlines()
    assert read == ["done (1, True)"] * 4
    assert refused.startswith("OpenError "), "trust= takes the variable's place"
    end(publisher)


def test_nobody_is_a_user_like_any_other(published: Start, run_python: Run) -> None:
    publisher = published(who(NOBODY, NOBODY), "644")
    refused = run_python(BECOME + READ, who(OWNER, GROUP)).stdout
    assert refused.startswith("OpenError ")
    assert f"({NOBODY}) in " in refused
    named = run_python(BECOME + READ, who(OWNER, GROUP), "SHM_PUB_SUB_TRUST", NOBODY)
    assert named.stdout == "done (1, True)\n"
    assert run_python(BECOME + READ, who(NOBODY, NOBODY)).stdout == "done (1, True)\n"
    end(publisher)


def test_members_of_a_group_take_turns_in_a_directory_of_theirs(
    published: Start, run_python: Run, shm_dir: Path
) -> None:
    """2770: others cannot make files there, so it does not matter which member made one."""
    os.chown(shm_dir, 0, GROUP)
    shm_dir.chmod(0o2770)
    first = published(who(MEMBER, OTHER_GROUP, GROUP), "660", "retain")
    assert (shm_dir / "shm_pub_sub.topic").stat().st_gid == GROUP
    use = BECOME + (
        "attempt(lambda: Subscriber('topic', -1).subscribe())\n"
        "attempt(lambda: Publisher('topic', 0, mode=0o660))\n"
        "attempt(lambda: Subscriber('topic', -1).subscribe())\n"
        "attempt(lambda: remove('topic'))\n"
    )
    ended = run_python(use, who(OWNER, OTHER_GROUP, GROUP))
    read, refused, *_ = ended.stdout.splitlines()
    assert read == "done (1, True)"
    assert refused.startswith("ExistsError ")
    assert f"process {first.pid} of user {MEMBER} " in refused
    first.kill()
    first.wait(20)
    ended = run_python(use, who(OWNER, OTHER_GROUP, GROUP))
    read, taken, *_ = ended.stdout.splitlines()
    assert read == "done (1, True)"
    assert taken.startswith("done <Publisher 'topic' ")
    assert list(shm_dir.iterdir()) == []


def test_a_user_namespace_has_its_own_root_and_strangers(
    published: Start, check_python: Check, shm_dir: Path
) -> None:
    """unshare -Ur, as in rootless containers: only "any" trusts users without a uid."""
    publisher = published(who(OWNER, GROUP), "644")
    program = """
import os, sys
if not sys.argv[1:]:
    os.execvp("unshare", ["unshare", "-Ur", sys.executable, sys.argv[0], "inside"])
from shm_pub_sub import *
assert os.geteuid() == 0
for trust in (None, 65534, "any"):
    try:
        print(Subscriber("topic", -1, trust=trust).subscribe())
    except OpenError as error:
        print(error)
with Publisher("mine", 0) as publisher:
    publisher.publish(2)
    print(Subscriber("mine", -1).subscribe())
"""
    launcher(*USER)
    *refused, read, own = check_python(program).splitlines()
    for text in refused:
        assert "found a file of a user that this user namespace does not map (65534) in " in text
        assert text.endswith(
            '; expected one of root; pass trust="any" or set SHM_PUB_SUB_TRUST=any'
        )
    assert (len(refused), read, own) == (2, "(1, True)", "(2, True)")
    end(publisher)


def test_root_removes_what_a_user_left(published: Start, run_python: Run, shm_dir: Path) -> None:
    publisher = published(who(OWNER, GROUP), "600")
    remove = BECOME + "attempt(lambda: remove('topic'))\n"
    refused = run_python(remove, who(0, 0)).stdout
    assert refused.startswith("ExistsError ")
    assert f"process {publisher.pid} of user {OWNER} " in refused
    publisher.kill()
    publisher.wait(20)
    assert run_python(remove, who(0, 0)).stdout == "done None\n"
    assert list(shm_dir.iterdir()) == []


def test_root_takes_over_what_a_users_publisher_left_and_nothing_of_it(
    published: Start, run_python: Run, shm_dir: Path
) -> None:
    publisher = published(who(OWNER, GROUP), "600", "retain")
    publisher.kill()
    publisher.wait(20)
    file = shm_dir / "shm_pub_sub.topic"
    with file.open("rb") as kept:
        before = kept.read()
        take = BECOME + (
            "with Publisher('topic', 0) as publisher, Subscriber('topic', -1) as sub:\n"
            "    print(sub.subscribe(), inspect('topic').uid)\n"
        )
        assert run_python(take, who(0, 0)).stdout == "(-1, False) 0\n"
        kept.seek(0)
        assert kept.read() == before
    assert list(shm_dir.iterdir()) == []


def test_list_says_whose_a_topic_is_and_if_it_is_trusted(published: Start, run_python: Run) -> None:
    publisher = published(who(OWNER, GROUP), "644")
    look = BECOME + (
        "for trust in (None, 'any'):\n"
        "    topic = inspect('topic', trust=trust)\n"
        "    assert [topic[:4]] == [found[:4] for found in topics(trust=trust)]\n"
        "    print(topic.uid, topic.trusted, topic.published, topic.alive)\n"
        "print(topics())\n"
    )
    strange, trusted, _, row = run_python(look, who(MEMBER, GROUP)).stdout.splitlines()
    assert strange == f"{OWNER} False 1 True"
    assert trusted == f"{OWNER} True 1 True"
    assert f" of user {OWNER}, not trusted " in row
    end(publisher)
