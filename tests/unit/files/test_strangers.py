"""A stranger takes a topic's name, as anyone can in /dev/shm: nobody reads that file."""

import os
from pathlib import Path

import pytest
from support.programs import Run, Start

from ._users import BECOME, DAEMON, GROUP, OTHER_GROUP, OUTSIDER, OWNER, PUBLISH, needs_root, who

ROGUE = who(OUTSIDER, OTHER_GROUP)
FOUND = f"found a file of user {OUTSIDER} in "

pytestmark = needs_root

readers = pytest.mark.parametrize("reader", [who(0, 0), who(OWNER, GROUP)], ids=["root", "a user"])


@pytest.fixture(autouse=True)
def _open_to_all(shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)


# A loop that must not end: it answers with the outcome of each round.
LOOP = """
logging.basicConfig(stream=sys.stdout, format="%(message)s")
logged = []
logging.getLogger("shm_pub_sub").addFilter(lambda record: logged.append(record.getMessage()))
subscriber = Subscriber("topic", -1)
path = os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic"

def mapped():
    inode = os.lstat(path).st_ino if os.path.lexists(path) else 0
    return any(int(line.split()[4]) == inode for line in open("/proc/self/maps")) and inode != 0

def waited():
    try:
        return subscriber.recv(0.05)
    except WaitTimeoutError as error:
        return "but found" in str(error)

def readable(seconds):
    from select import POLLIN, poll
    watched = poll()
    watched.register(subscriber.fileno(), POLLIN)
    return bool(watched.poll(seconds * 1000))

def wakes(seconds):
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        count += readable(left)
        assert subscriber.try_recv() is None
    return count

def rounds(seconds):
    end, seen = time.monotonic() + seconds, set()
    while time.monotonic() < end:
        seen.add((subscriber.subscribe(), subscriber.try_recv(), subscriber.sample()))
    return seen

for line in sys.stdin:
    print(eval(line), flush=True)
"""

# What a rogue puts there. Each program runs until it gets a line.
ROGUES = {
    "a live publisher": PUBLISH,
    "a retained value": BECOME
    + """
with Publisher("topic", 0, mode=0o666, retain=True) as publisher:
    publisher.publish(666)
print("ready", flush=True)
input()
""",
    "a file that shrinks and grows": BECOME
    + """
with Publisher("topic", 0, 100_000, mode=0o666, retain=True) as publisher:
    publisher.publish_many(range(100_000))
path = os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic"
content = open(path, "rb").read()
ended = []
def cut():
    while not ended:
        os.truncate(path, 0)
        with open(path, "r+b") as file:
            file.write(content)
thread = threading.Thread(target=cut)
thread.start()
print("ready", flush=True)
input()
ended.append(True)
thread.join()
""",
    "a FIFO": BECOME
    + """
os.mkfifo(os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic", 0o666)
print("ready", flush=True)
input()
""",
    "a symbolic link": BECOME
    + """
os.symlink("/dev/zero", os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic")
print("ready", flush=True)
input()
""",
    "a directory": BECOME
    + """
os.mkdir(os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic")
print("ready", flush=True)
input()
""",
    "a file that only its owner may read": BECOME
    + """
path = os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.topic"
with open(path, "w") as file:
    os.fchmod(file.fileno(), 0)
    print("ready", flush=True)
    input()
""",
}


@readers
@pytest.mark.parametrize("rogue", ROGUES)
def test_a_stranger_that_takes_the_name_during_a_restart_ends_no_loop_and_is_not_read(
    rogue: str, reader: str, start_python: Start, shm_dir: Path
) -> None:
    user = int(reader.partition(",")[0])
    loop = start_python(BECOME + LOOP, reader)
    first = start_python(PUBLISH, reader, "600")
    assert first.ask() == "ready"  # and closes, having had a line already
    first.wait(20)
    assert loop.ask("subscriber.subscribe()") == "(-1, False)"

    taker = start_python(ROGUES[rogue], ROGUE, "644")
    assert taker.line() == "ready"
    assert loop.ask("rounds(0.3)") == "{((-1, False), None, None)}"
    assert loop.ask("waited()") == "True"
    assert loop.ask("subscriber.drain()") == "[]"
    assert loop.ask("subscriber.publisher_alive, subscriber.buffer_num") == "(False, None)"
    assert loop.ask("mapped()") == "False"
    assert loop.ask("len(logged)") == "1"
    assert f" of user {OUTSIDER} in {shm_dir}, where anyone can create files; " in loop.ask(
        "logged[0]"
    )

    taker.tell("")
    taker.wait(20)
    file = shm_dir / "shm_pub_sub.topic"
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    elif os.path.lexists(file):
        file.unlink()
    second = start_python(PUBLISH, reader, "600")
    assert second.line() == "ready"
    assert file.stat().st_uid == user
    assert loop.ask("subscriber.recv(20)") == "1"
    assert loop.ask("subscriber.subscribe()") == "(1, True)"
    assert loop.ask("len(logged)") == "1"
    second.communicate("\n", timeout=20)


@readers
def test_a_strangers_file_does_not_wake_an_event_loop_again_and_again(
    reader: str, start_python: Start, shm_dir: Path
) -> None:
    loop = start_python(BECOME + LOOP, reader)
    loop.ask("subscriber.fileno()")
    taker = start_python(ROGUES["a retained value"], ROGUE)
    assert taker.line() == "ready"
    assert loop.ask("readable(20)") == "True"  # something has the name
    assert loop.ask("subscriber.try_recv()") == "None"
    assert int(loop.ask("wakes(3)")) <= 5
    # From now on nobody else can create files in the directory. The file itself stays as it is.
    shm_dir.chmod(0o755)
    assert loop.ask("readable(20)") == "True"
    assert loop.ask("subscriber.recv(20)") == "666"
    taker.communicate("\n", timeout=20)
    (shm_dir / "shm_pub_sub.topic").unlink()


@readers
def test_a_new_subscriber_gets_an_error_with_the_owner_and_a_remedy(
    reader: str, start_python: Start, run_python: Run, shm_dir: Path
) -> None:
    taker = start_python(PUBLISH, who(DAEMON, DAEMON), "644")
    assert taker.line() == "ready"
    program = (
        BECOME
        + "attempt(lambda: Subscriber('topic', -1))\nattempt(lambda: Publisher('topic', 0))\n"
    )
    read, published = run_python(program, reader).stdout.splitlines()
    expected = "root" if reader == who(0, 0) else f"user {OWNER} or root"
    assert read == (
        "OpenError Failed to open shared memory: open 'topic': found a file of user daemon (1) in "
        f"{shm_dir}, where anyone can create files; expected one of {expected}; "
        'pass trust="daemon" or set SHM_PUB_SUB_TRUST=daemon'
    )
    assert published.startswith("ExistsError Shared memory already exists: ")
    assert f"found a live publisher, process {taker.pid} of user daemon (1) (int, " in published
    taker.communicate("\n", timeout=20)


def test_a_publisher_that_may_not_replace_a_strangers_file_says_whose_it_is(
    start_python: Start, run_python: Run, shm_dir: Path
) -> None:
    taker = start_python(ROGUES["a retained value"], ROGUE)
    assert taker.line() == "ready"
    taker.communicate("\n", timeout=20)
    file = shm_dir / "shm_pub_sub.topic"
    program = BECOME + "attempt(lambda: Publisher('topic', 0))\n"
    refused = run_python(program, who(OWNER, GROUP)).stdout
    assert refused.startswith("CreateError Failed to create shared memory: create ")
    assert f"found a file of user {OUTSIDER} in the way, {file}: " in refused
    assert (
        f"; expected none; have user {OUTSIDER} or root remove it, or use another name" in refused
    )
    assert [left.name for left in shm_dir.iterdir()] == [file.name]
    file.unlink()


def test_a_strangers_file_in_the_way_of_a_take_over_is_an_error(
    start_python: Start, run_python: Run, shm_dir: Path
) -> None:
    owner = start_python(PUBLISH, who(OWNER, GROUP), "600")
    assert owner.line() == "ready"
    owner.kill()
    owner.wait(20)
    successor = shm_dir / "shm_pub_sub#topic"
    successor.touch()
    os.chown(successor, OUTSIDER, OTHER_GROUP)
    program = BECOME + "attempt(lambda: Publisher('topic', 0))\n"
    refused = run_python(program, who(OWNER, GROUP)).stdout
    assert refused.startswith("CreateError ")
    assert f"found a file of user {OUTSIDER} in the way, {successor}: " in refused
    successor.unlink()
    assert run_python(program, who(OWNER, GROUP)).stdout.startswith("done ")
    assert list(shm_dir.iterdir()) == []


REFUSED = [
    ("True", "TopicTypeError", "found bool True"),
    ("2.0", "TopicTypeError", "found float 2.0"),
    ("b'bob'", "TopicTypeError", "found bytes b'bob'"),
    ("[None]", "TopicTypeError", "found NoneType None"),
    ("[['bob']]", "TopicTypeError", "found list ['bob']"),
    ("-1", "TopicValueError", "found the uid -1; expected 0 to 4294967294"),
    ("2**32 - 1", "TopicValueError", "found the uid 4294967295"),
    ("''", "TopicValueError", "found the user ''"),
    ("'a,b'", "TopicValueError", "found the user 'a,b'"),
    ("'a\\0b'", "TopicValueError", "found the user 'a\\x00b'"),
    ("'\\udc80'", "TopicValueError", "found the user '\\udc80'"),
    ("['no such user']", "TopicValueError", 'found user "no such user"; expected a uid, the name '),
]


@pytest.mark.parametrize(("trust", "kind", "text"), REFUSED)
def test_trust_that_is_none_is_refused_by_everything_that_takes_it(
    trust: str, kind: str, text: str, run_python: Run
) -> None:
    program = BECOME + (
        "from shm_pub_sub._plot.collector import Collector\n"
        f"trust = {trust}\n"
        "for use in (lambda: Publisher('topic', 0, trust=trust),\n"
        "            lambda: Subscriber('topic', 0, trust=trust),\n"
        "            lambda: topics(trust=trust), lambda: inspect('topic', trust=trust),\n"
        "            lambda: Collector(['topic'], 1, trust)):\n"
        "    try: use()\n"
        "    except ShmError as error: print(type(error).__name__, error)\n"
    )
    answers = run_python(program, who(0, 0)).stdout.splitlines()
    assert len(answers) == 5
    for answer in answers:
        assert answer.startswith(f"{kind} trust: {text}")


def test_a_variable_with_an_unknown_user_is_refused_by_its_name(run_python: Run) -> None:
    program = BECOME + (
        "os.environ['SHM_PUB_SUB_TRUST'] = 'daemon, no such user'\n"
        "try: Subscriber('topic', 0)\n"
        "except TopicValueError as error: print(error)\n"
    )
    answer = run_python(program, who(0, 0)).stdout
    assert answer.startswith('SHM_PUB_SUB_TRUST: found user "no such user"; expected a uid, ')
