"""Importing is cheap: the Go runtime starts with the first publisher or subscriber."""

import signal
from types import ModuleType

import shm_pub_sub
from support.emulated import not_under_qemu
from support.programs import Check, Start


@not_under_qemu("/proc/self/task has a thread of qemu's own")
def test_import_starts_no_thread_and_loads_no_extension(check_python: Check) -> None:
    check_python(
        "import os, pathlib, threading, shm_pub_sub\n"
        "maps = pathlib.Path('/proc/self/maps')\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
        "assert '_shmpubsub' not in maps.read_text()\n"
        "shm_pub_sub.Subscriber('topic', 0).close()\n"
        "assert '_shmpubsub' in maps.read_text()\n"
        "assert threading.active_count() == 1\n"
    )


def test_use_leaves_the_program_as_it_was(check_python: Check) -> None:
    check_python(
        "import os, resource, signal, sys\n"
        "def state():\n"
        "    return (os.getcwd(), os.umask(0o022), sys.path[:], dict(os.environ),\n"
        "            [signal.getsignal(n) for n in signal.valid_signals()],\n"
        "            sys.getrecursionlimit(), sys.getswitchinterval(),\n"
        "            [resource.getrlimit(n) for n in range(16)])\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))\n"
        "before = state()\n"
        "from shm_pub_sub import *\n"
        "with Publisher('topic', 0) as pub, Subscriber('topic', 0) as sub:\n"
        "    pub.publish(1)\n"
        "    assert sub.subscribe() == (1, True)\n"
        "assert state() == before\n"
    )


def test_ctrl_c_still_works_after_the_library_was_loaded(start_python: Start) -> None:
    child = start_python(
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from shm_pub_sub import *\n"
        "pub = Publisher('topic', 0)\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    while True: pub.publish(1)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    assert child.line() == "ready"
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=20)
    assert out == "interrupted\n"
    assert child.returncode == 0


def test_everything_public_is_there_and_nothing_else() -> None:
    assert sorted(shm_pub_sub.__all__) == list(shm_pub_sub.__all__)
    for name in shm_pub_sub.__all__:
        assert hasattr(shm_pub_sub, name)
    public = {
        name
        for name, value in vars(shm_pub_sub).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)  # cli, testing, ...
    }
    assert public <= set(shm_pub_sub.__all__)


def test_version_is_the_distributions() -> None:
    assert shm_pub_sub.__version__.count(".") == 2
