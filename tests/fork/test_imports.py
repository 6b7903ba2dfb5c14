"""Forks while another thread imports a module: the child finds it half imported, and for good."""

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
import os, signal, sys, threading, warnings
import shm_pub_sub

slow, code = sys.argv[1:]
importing, forked = threading.Event(), threading.Event()

class Slow:
    '''Takes its time to find one module: until the fork, where that does not wait for it.'''

    def find_spec(self, name, path=None, target=None):
        if name == slow and not importing.is_set():
            importing.set()
            forked.wait(0.3)

def act():
    exec(code, globals())

assert slow not in sys.modules, "then nothing is shown"
sys.meta_path.insert(0, Slow())
warnings.simplefilter("ignore")  # of forks beside threads, since 3.12
thread = threading.Thread(target=ACTION)
thread.start()
assert importing.wait(20), "it is not imported"
pid = os.fork()
if pid == 0:
    signal.alarm(20)
    act()
    with shm_pub_sub.Publisher(f"child/{slow}", 0) as own:
        own.publish(1)
        assert shm_pub_sub.Subscriber(f"child/{slow}", 0).recv(20) == 1
    os._exit(0)
forked.set()
thread.join()
assert os.waitpid(pid, 0)[1] == 0
"""

BY_THE_LIBRARY = {
    "logging": """
sys.stderr = open(os.devnull, "w")
failed = threading.Event()
def fail(value):
    failed.set()
    raise ValueError
with shm_pub_sub.Publisher(f"topic/{os.getpid()}", 0) as pub:
    pub.publish(1)
    with shm_pub_sub.Subscriber(pub.name, 0, callback=fail):
        assert failed.wait(20)
""",
    "shm_pub_sub._topics": "shm_pub_sub.topics()",
    "shm_pub_sub._html": "shm_pub_sub.Subscriber('topic', 0)._repr_html_()",
    "shm_pub_sub._plot": "shm_pub_sub.plot",
    "json": "shm_pub_sub.topics()",
    "shm_pub_sub._callback": "shm_pub_sub.Subscriber('topic', 0, callback=print).close()",
    "shm_pub_sub._aio": """
import asyncio
async def receive():
    try:
        await shm_pub_sub.Subscriber("topic", 0).arecv(0)
    except TimeoutError:
        pass
asyncio.run(receive())
""",
    "resource": "shm_pub_sub.Subscriber('topic', 0)",
}


@pytest.mark.parametrize("module", BY_THE_LIBRARY)
def test_a_fork_waits_for_what_the_library_imports(module: str, run_python: Run) -> None:
    program = PROGRAM.replace("ACTION", "act")
    ended = run_python(program, module, BY_THE_LIBRARY[module])
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("module", ["importlib.machinery", "json", "logging", "shutil", "tempfile"])
def test_a_child_needs_nothing_that_the_program_was_importing(module: str, run_python: Run) -> None:
    program = PROGRAM.replace("ACTION", "lambda: __import__(slow)")
    ended = run_python(program, module, "")
    assert (ended.returncode, ended.stderr) == (0, "")
