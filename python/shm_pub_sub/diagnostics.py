"""Diagnosing this machine's setup and a directory's files, as `shm-pub-sub doctor` and `clean` do.

for finding in shm_pub_sub.diagnostics.check():
    print(finding.verdict, finding.check, finding.found, finding.remedy)
for leftover in shm_pub_sub.diagnostics.leftovers():
    if leftover.what == "dead publisher":
        leftover.remove()
"""

from ._checks import check
from ._checks.finding import Finding
from ._remains import Leftover, leftovers

__all__ = ["Finding", "Leftover", "check", "leftovers"]
