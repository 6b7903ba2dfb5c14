"""Without numpy all but its arrays works."""

from support.programs import Check

BLOCKED = """
import array, ctypes, struct, sys
sys.modules["numpy"] = None  # importing it fails
from shm_pub_sub import LoanError, Publisher, TopicTypeError
"""


def test_everything_but_ndarrays_is_published(check_python: Check) -> None:
    check_python(
        BLOCKED
        + """
def publish(default, *values, **options):
    with Publisher("topic", default, **options) as pub:
        for value in values:
            pub.publish(value)
        pub.publish_many(values)

doubles = array.array("d", range(300))
publish("", "text")
publish(b"", b"bytes", bytearray(3))
publish([0.0], [1.5])
publish(1j, 2, 3.5)
publish(ctypes.c_uint8(0), 255)
publish(ctypes.c_float(0), 0.1)
publish(doubles, doubles, memoryview(doubles), memoryview(array.array("d", range(600)))[::2])
publish(array.array("d"), doubles[:3], array.array("d"), max_size=5)
publish((ctypes.c_int * 100)(), (ctypes.c_int * 100)())
publish(memoryview(bytes(900)).cast("B", (30, 30)), memoryview(bytes(900)).cast("B", (30, 30)))
for refused in ([0.0] * 300, "text", doubles[:3], array.array("f", range(300))):
    with Publisher("topic", doubles) as pub:
        try:
            pub.publish(refused)
        except TopicTypeError:
            continue
        raise AssertionError(refused)
with Publisher("topic", doubles) as pub:
    with pub.loan() as m:
        m[:] = memoryview(doubles)
        try:
            pub.publish(doubles)
        except LoanError:
            pass
        else:
            raise AssertionError
assert "numpy" not in {name for name, module in sys.modules.items() if module is not None}
"""
    )


def test_nothing_imports_numpy(check_python: Check) -> None:
    check_python(
        """
import array, sys
from shm_pub_sub import Publisher, TopicTypeError
for default in ("", [0.0], array.array("d", [0])):
    with Publisher("topic", default) as pub:
        pub.publish(default)
        try:
            pub.publish(object())
        except TopicTypeError:
            pass
assert "numpy" not in sys.modules
"""
    )
