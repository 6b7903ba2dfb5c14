"""Uses of values' bytes, whose references refcounts.py counts."""

from typing import Annotated, NamedTuple

from refcount_helpers import Closes, functions_of, raises
from shm_pub_sub import ClosedError, MaxSize, Publisher, TopicTypeError
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._topics import inspect_typed


class Line(NamedTuple):
    number: int = 0
    text: Annotated[str, MaxSize(9)] = ""


sources = [
    (Publisher("source/bytes", b"", max_size=9000, views=1), b"x" * 9000),
    (Publisher("source/text", ""), "gr\u00fc\u00df"),
    (Publisher("source/line", Line()), Line(2**40, "text")),
    (Publisher("source/lines", [Line()], max_size=300), [Line(2**40, "text")] * 300),
    (Publisher("source/float", 0.0), 1.5),
]
descriptors = [inspect_typed(pub.name)[1] for pub, _ in sources]
copies = [raw_publisher(f"raw/{n}", each) for n, each in enumerate(descriptors)]
publishers = [*(pub for pub, _ in sources), *copies]
subscribers = [
    raw_subscriber(pub.name, descriptor)
    for pub, descriptor in zip(publishers, descriptors * 2, strict=True)
]
ENDS = [*publishers, *subscribers]


def bytes_that_are_copied():
    for pub, value in sources:
        pub.publish_many([value, value])
    for sub, again in zip(subscribers, copies, strict=False):
        sample = sub.recv_sample()
        held = [sample, sub.subscribe(), sub.sample(), *sub.last(2), *sub.since(0), *sub.drain()]
        assert len(held) >= 6
        again._publish_raw(sample.value)
        again._publish_raw(sample.value, time_ns=None)
        if type(sample.value) is not float:
            raises(TopicTypeError, sub.subscribe, into=bytearray(9000))
            again._publish_raw(bytearray(sample.value))


def bytes_that_are_refused():
    wrong = [None, 1, "text", memoryview(b"abcd")[::2], bytes(10**6), b"\xff" * 32]
    for pub in copies[:-1]:
        for value in wrong[:-1] if pub is copies[0] else wrong:
            raises((TypeError, ValueError), pub._publish_raw, value)
        raises(TypeError, pub._publish_raw)
        raises(TypeError, pub._publish_raw, b"", None, None)
        raises(TypeError, pub._publish_raw, b"", when=1)
        raises((TypeError, ValueError), pub._publish_raw, b"", "now")
        raises((TypeError, ValueError), pub._publish_raw, b"", 0)


def raw_ends_that_nobody_closes():
    pub = raw_publisher("alone", descriptors[0])
    pub._publish_raw(b"x" * 9000)
    value = raw_subscriber("alone", descriptors[0]).recv()
    assert len(value) == 9000


def types_that_are_refused():
    raises(TopicTypeError, raw_subscriber, sources[0][0].name, descriptors[1])
    raises(ValueError, raw_subscriber, "other", "nonsense")
    raises(ValueError, raw_publisher, "other", "nonsense")


def raw_publishers_that_are_closed_meanwhile():
    for descriptor in (descriptors[0], "float"):
        pub = raw_publisher("block", descriptor)
        raises(ClosedError, pub._publish_raw, 1.0 if descriptor == "float" else b"", Closes(pub))


USES = functions_of(globals())
