"""A sub-interpreter gets an ImportError, and the main one is unaffected."""

import pytest
from support.programs import Check

# Private modules, which change from version to version: what a server that embeds Python does by
# the C interface.
BEGIN = """
import shm_pub_sub, sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def create(isolated):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if isolated else "legacy")
    return interpreters.create(isolated=isolated)

REFUSED = '''
try:
    import shm_pub_sub
except ImportError as error:
    print(error)
'''
"""

TRY = """
for isolated in (True, False):
    for _ in range(3):
        interpreter = create(isolated)
        interpreters.run_string(interpreter, REFUSED)
        interpreters.destroy(interpreter)
"""

USE = """
with shm_pub_sub.Publisher("topic", 0) as publisher, shm_pub_sub.Subscriber("topic", -1) as reader:
    for value in range(3):
        publisher.publish(value)
        assert reader.subscribe() == (value, True)
"""

KEEP = """
publisher = shm_pub_sub.Publisher("kept", 0)
publisher.publish(1)
"""

STILL_THERE = """
publisher.publish(2)
assert shm_pub_sub.Subscriber("kept", -1).subscribe() == (2, True)
"""


@pytest.mark.parametrize(
    "program", [TRY + USE, USE + TRY + USE, KEEP + TRY + STILL_THERE], ids=["before", "after", "in"]
)
def test_import_in_a_subinterpreter_is_refused(program: str, check_python: Check) -> None:
    lines = check_python(BEGIN + program).splitlines()
    assert len(lines) == 6
    for line in lines:
        assert "shm_pub_sub._hot does not support loading in subinterpreters" in line
        assert "reinstall" not in line, "which would not help"
