"""What a child has mapped of a topic that its parent closes during the fork."""

import os
from pathlib import Path

import shm_pub_sub
from support.waiting import repeating


def count_children_with_a_topic_mapped(directory: Path, forks: int) -> int:
    """Fork while a thread opens and closes publishers; count the children that map one."""
    with repeating(lambda: shm_pub_sub.Publisher("topic", 0).close()):
        return sum(_child_has_mapped(directory) for _ in range(forks))


def child_has_mapped_an_open_topic(directory: Path) -> bool:
    with shm_pub_sub.Publisher("open", 0) as publisher:
        publisher.publish(1)
        return _child_has_mapped(directory)


def _child_has_mapped(directory: Path) -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            maps = Path("/proc/self/maps").read_text(encoding="utf-8")
            os._exit(str(directory) in maps)
        finally:
            os._exit(2)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 1)
    return code == 1
