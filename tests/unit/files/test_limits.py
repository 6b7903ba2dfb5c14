"""A process's limits: an error that names the limit, never a signal or a crash."""

from pathlib import Path

from shm_pub_sub import Publisher
from support.emulated import not_under_qemu
from support.programs import Check

MEBIBYTE = 2**20

FILE_SIZE = """
import resource, signal
from shm_pub_sub import *
# Python ignores this signal; a program that it is a part of may not.
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (81920, 81920))
with Publisher("small", 0) as publisher, Subscriber("small", -1) as subscriber:
    try:
        Publisher("big", 0, 10_000)
    except CreateError as error:
        print(error)
    for value in range(100):
        publisher.publish(value)
        assert subscriber.subscribe() == (value, True)
"""

ADDRESS_SPACE = """
import resource, sys
from pathlib import Path
from shm_pub_sub import *
publisher, subscriber = Publisher("small", 0), Subscriber("small", -1)
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for use in (lambda: Publisher("other", 0, int(sys.argv[2])), lambda: Subscriber("big", 0)):
    try:
        use()
    except ShmError as error:
        print(type(error).__name__, error)
for value in range(100):
    publisher.publish(value)
    assert subscriber.subscribe() == (value, True)
publisher.close()
"""


def test_error_names_the_limit_of_file_size(check_python: Check, shm_dir: Path) -> None:
    printed = check_python(FILE_SIZE)
    assert printed.startswith("Failed to create shared memory: ")
    for words in ("file too large", "ulimit -f", "389120 bytes", "fewer buffers"):
        assert words in printed
    assert list(shm_dir.iterdir()) == []


@not_under_qemu("it does not apply RLIMIT_AS to the program, which has its own addresses there")
def test_error_names_the_limit_of_address_space(check_python: Check, shm_dir: Path) -> None:
    buffers = 64 * MEBIBYTE // 32
    with Publisher("big", 0, buffers) as publisher:
        publisher.publish(1)
        create, subscribe = check_python(ADDRESS_SPACE, 32 * MEBIBYTE, buffers).splitlines()
        assert create.startswith("CreateError Failed to create shared memory: ")
        assert subscribe.startswith("OpenError Failed to open shared memory: ")
        for line in (create, subscribe):
            assert "cannot allocate memory" in line
            assert "ulimit -v" in line
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.big"]
