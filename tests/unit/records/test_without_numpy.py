"""Records without numpy: loans, into= and last()."""

from support.programs import Check


def test_arrays_of_other_kinds(check_python: Check) -> None:
    check_python("""
import array, sys
sys.modules["numpy"] = None  # importing it fails
from dataclasses import dataclass, field
from shm_pub_sub import Publisher, Subscriber

@dataclass
class Scan:
    data: array.array = field(default_factory=lambda: array.array("d", [0.0] * 300))
    stamp: float = 0.0

with Publisher("scan", Scan()) as pub, Subscriber("scan", Scan()) as sub:
    with pub.loan() as scan:
        scan.data[5] = 7
        scan.stamp = 2
    into = Scan()
    assert sub.subscribe(into=into)[0] is into
    got = sub.recv()
    assert type(got.data) is array.array
    assert into == got == Scan(array.array("d", [0.0] * 5 + [7.0] + [0.0] * 294), 2.0)
    assert sub.last(3) == [got]

default = {"data": Scan().data, "stamp": 0.0}
with Publisher("dict", default) as pub, Subscriber("dict", default) as sub:
    assert sub.last(3) == []
    with pub.loan() as scan:
        scan["data"][5] = 7
    assert sub.last(3)[0]["data"][5] == 7
""")
