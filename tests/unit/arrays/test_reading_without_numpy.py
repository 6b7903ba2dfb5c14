"""Without numpy all but its arrays is read."""

from support.programs import Check


def test_every_type_is_read(check_python: Check) -> None:
    check_python(
        """
import array, ctypes, sys
sys.modules["numpy"] = None  # importing it fails
from shm_pub_sub import Publisher, Subscriber, TopicTypeError

doubles = array.array("d", range(300))
square = memoryview(bytes(900)).cast("B", (30, 30))
for default, value in [
    ("", "text"),
    (b"", b"bytes"),
    ([0.0], [1.5]),
    (1j, 2j),
    (ctypes.c_uint8(0), 255),
    (doubles, doubles),
    (doubles[:3], doubles[:3]),
    ((ctypes.c_int * 100)(), (ctypes.c_int * 100)(*range(100))),
    (square, square),
]:
    with (
        Publisher("topic", default) as pub,
        Subscriber("topic", default) as sub,
        Subscriber("topic", default, copy=False) as views,
        Subscriber("topic") as anything,
    ):
        pub.publish(value)
        for reader in (sub, views, anything):
            for found in (reader.subscribe()[0], reader.recv(), reader.sample().value):
                if isinstance(value, (str, list, complex, int)):
                    assert found == value, (found, value)
                else:
                    assert bytes(found) == bytes(value), (found, value)
        if isinstance(default, (array.array, ctypes.Array, memoryview)):
            assert type(sub.subscribe()[0]) is type(default)
            assert type(anything.subscribe()[0]) is memoryview
            assert not anything.subscribe()[0].readonly
            into = bytearray(memoryview(value).nbytes)
            shape, code = memoryview(value).shape, memoryview(value).format.lstrip("<")
            part = memoryview(into).cast(code, list(shape))
            assert sub.subscribe(into=part)[0] is part
            assert bytes(into) == bytes(value)
            assert sub.last(2).shape == (1, *shape)
            try:
                sub.subscribe(into=bytearray(3))
            except TypeError:
                pass
            else:
                raise AssertionError
with Publisher("blob", b"") as pub:
    with Subscriber("blob", b"") as sub:
        pub.publish(b"abc")
        into = bytearray(10)
        assert bytes(sub.recv(into=into)) == b"abc"
assert "numpy" not in {name for name, module in sys.modules.items() if module is not None}
"""
    )


def test_a_default_of_another_kind_imports_no_numpy(check_python: Check) -> None:
    check_python(
        """
import array, sys
from shm_pub_sub import Publisher, Subscriber
for default in ("", [0.0], array.array("d", [0])):
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(default)
        sub.recv()
        sub.last(1)
assert "numpy" not in sys.modules
"""
    )
