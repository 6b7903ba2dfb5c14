"""A child can import a module that another thread imported during the fork.

Python keeps the lock of such a module, whose owner is not there, and would wait for it for good.
"""

import pytest
from support.programs import Check

PROGRAM = """
import os, signal, sys, threading, warnings
import shm_pub_sub

slow, code = sys.argv[1:]
importing, forked = threading.Event(), threading.Event()

class Slow:
    '''Takes until after the fork to run one module; while it finds one, fork waits.'''

    def find_spec(self, name, path=None, target=None):
        if name != slow or importing.is_set():
            return None
        specs = (finder.find_spec(name, path) for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, specs))
        run = spec.loader.exec_module

        def wait_and_run(module):
            if not importing.is_set():  # a loader may be shared
                importing.set()
                forked.wait()
            run(module)

        spec.loader.exec_module = wait_and_run
        return spec

def act():
    exec(code, globals())

assert slow not in sys.modules, "then nothing is shown"
sys.meta_path.insert(0, Slow())
warnings.simplefilter("ignore")  # of forks beside threads, since 3.12
thread = threading.Thread(target=ACTION)
thread.start()
assert importing.wait(20), "it is not imported"
signal.alarm(20)
pid = os.fork()
if pid == 0:
    signal.alarm(20)
    act()
    __import__(slow)
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
}


@pytest.mark.parametrize("module", BY_THE_LIBRARY)
def test_a_child_imports_what_the_library_was_importing(module: str, check_python: Check) -> None:
    program = PROGRAM.replace("ACTION", "act")
    check_python(program, module, BY_THE_LIBRARY[module])


@pytest.mark.parametrize("module", ["importlib.machinery", "json", "logging", "shutil", "tempfile"])
def test_a_child_imports_what_the_program_was_importing(module: str, check_python: Check) -> None:
    program = PROGRAM.replace("ACTION", "lambda: __import__(slow)")
    check_python(program, module, "")
