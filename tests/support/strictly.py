"""Warnings are errors in the programs that tests start, save the one that pyproject.toml ignores.

From Python 3.15 on os.fork() raises it, when the child is there already.
"""

FORKED_WITH_THREADS = "ignore:This process:DeprecationWarning"
OPTIONS = ("-W", "error", "-W", FORKED_WITH_THREADS)
VARIABLE = {"PYTHONWARNINGS": f"error,{FORKED_WITH_THREADS}"}
