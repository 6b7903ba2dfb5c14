"""What daemons and reloaders do to a library: close all descriptors, import everything again."""

from support.programs import Check

CLOSES_ALL = """
import os, shm_pub_sub, warnings
warnings.simplefilter("ignore")
publisher = shm_pub_sub.Publisher("topic", 0)
publisher.publish(1)
subscriber = shm_pub_sub.Subscriber("topic", -1)
pid = os.fork()
if pid == 0:
    os.closerange(3, 256)
    others = [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]
    end = __import__("time").monotonic() + 0.2
    while __import__("time").monotonic() < end:
        assert subscriber.subscribe() == (1, True)
    subscriber.close()
    for other in others:
        os.fstat(other)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
publisher.close()
"""

RECEIVES_ON = """
import os, shm_pub_sub, time, warnings
warnings.simplefilter("ignore")
def is_open():
    links = (f"/proc/self/fd/{fd}" for fd in range(3, 64))
    return any(os.readlink(link).endswith("topic") for link in links if os.path.lexists(link))
publisher = shm_pub_sub.Publisher("topic", 0, 5)
subscriber = shm_pub_sub.Subscriber("topic", -1)
for n in range(10):
    publisher.publish(n)
assert subscriber.recv() == 5
pid = os.fork()
if pid == 0:
    for unread in ([6, 7, 8, 9], [], []):
        os.closerange(3, 256)
        assert subscriber.publisher_alive
        os.closerange(3, 256)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            subscriber.subscribe()
        assert is_open()  # again
        assert subscriber.drain() == unread
        assert subscriber.lost == 5
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
publisher.close()
"""

IMPORTS_ANEW = """
import faulthandler, os, sys, warnings
warnings.simplefilter("ignore")
import shm_pub_sub
publisher = shm_pub_sub.Publisher("parents", 0)
pid = os.fork()
if pid == 0:
    faulthandler.dump_traceback_later(60, exit=True)
    for module in [m for m in sys.modules if m.startswith("shm_pub_sub")]:
        del sys.modules[module]
    import shm_pub_sub
    for n in range(3000):  # Go collects garbage several times
        with shm_pub_sub.Publisher("childs", 0, 200) as own:
            own.publish(n)
        if n % 20 == 0:
            shm_pub_sub.topics()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
publisher.close()
"""


def test_daemon_that_closed_all_descriptors_closes_nobody_elses(check_python: Check) -> None:
    check_python(CLOSES_ALL)


def test_daemon_that_closed_all_descriptors_receives_nothing_twice(check_python: Check) -> None:
    check_python(RECEIVES_ON)


def test_child_that_imports_the_library_again_does_not_hang(check_python: Check) -> None:
    check_python(IMPORTS_ANEW, timeout=100)
