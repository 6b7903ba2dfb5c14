"""publish() while the process ends raises in the main thread; a daemon thread just stops."""

from support.programs import Check, Run

# Registered before the library is imported, so run after the library has closed the publishers.
LATE_HANDLER = """
import atexit

def stop():
    try:
        publisher.publish(0.0)
    except shm_pub_sub.ClosedError:
        print("told")

atexit.register(stop)
import shm_pub_sub
publisher = shm_pub_sub.Publisher("motor", 0.0)
"""

DAEMON = """
import threading, shm_pub_sub
publisher = shm_pub_sub.Publisher("topic", 0)
ready = threading.Event()

def run():
    while True:
        publisher.publish(1)
        ready.set()

threading.Thread(target=run, daemon=True).start()
ready.wait()
"""


def test_exit_handler_that_comes_too_late_gets_an_error(run_python: Run) -> None:
    ended = run_python(LATE_HANDLER)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "told\n", "")


def test_daemon_thread_that_publishes_to_the_end_is_left_in_peace(check_python: Check) -> None:
    for _ in range(5):
        check_python(DAEMON)
