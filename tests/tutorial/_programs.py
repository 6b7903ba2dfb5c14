"""Programs that publish and watch for the tutorial's, and lines to put before or after those."""

import signal
from collections.abc import Iterable

from support.programs import Program

from ._reading import Topic

IMPORT = "import shm_pub_sub\n"

HOLD = """
print("held")
input_ended = __import__("sys").stdin.read()
"""
"""After a program: its objects stay alive until its stdin is closed."""


def interrupt(program: Program) -> None:
    """End an endless program as its user does, with Ctrl-C."""
    program.interrupt(-signal.SIGINT)
    assert "KeyboardInterrupt" in program.errors


def feeder(topic: Topic) -> str:
    """A publisher that publishes each value from its stdin, and answers when it has."""
    return f"""\
import ast, sys
import shm_pub_sub
publisher = shm_pub_sub.Publisher({topic.name!r}, {topic.default!r})
print("ready")
for line in sys.stdin:
    publisher.publish(ast.literal_eval(line))
    print("published")
"""


def watcher(topics: Iterable[Topic]) -> str:
    """Subscribers that print (topic, value, ok) whenever it differs from the last time."""
    defaults = {topic.name: topic.default for topic in topics}
    return f"""\
import time
import shm_pub_sub
defaults = {defaults!r}
subscribers = [(name, shm_pub_sub.Subscriber(name, defaults[name])) for name in defaults]
last = dict()
while True:
    for name, subscriber in subscribers:
        seen = subscriber.subscribe()
        if last.get(name) != seen:
            last[name] = seen
            print((name, *seen))
    time.sleep(0.001)
"""
