"""Go's timers run, although nothing else wakes its threads."""

from support.programs import Check

# The lock for taking a topic over is held: Go sleeps a millisecond and looks again, for a
# second. No other thread of this program calls Go meanwhile.
PROGRAM = """
import fcntl, os, struct, threading, time
from pathlib import Path
from shm_pub_sub import *
with Publisher("topic", 0, retain=True) as publisher:
    publisher.publish(1)
(file,) = Path(os.environ["SHM_PUB_SUB_DIR"]).iterdir()
lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 1, 1, 0)
descriptor = os.open(file, os.O_RDWR)
fcntl.fcntl(descriptor, 37, lock)  # F_OFD_SETLK
begun = time.monotonic()
try:
    Publisher("topic", 0)
except CreateError as error:
    print("refused", time.monotonic() - begun >= 1)
threading.Timer(0.2, os.close, [descriptor]).start()
Publisher("topic", 0).close()
print("taken over")
"""


def test_sleep_of_gos_ends(check_python: Check) -> None:
    assert check_python(PROGRAM) == "refused True\ntaken over\n"
