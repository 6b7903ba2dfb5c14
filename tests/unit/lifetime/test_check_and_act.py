"""close() or a new __init__ between a subscriber's check and its use."""

import pytest
from support.programs import Check

from ._moments import HARNESS

SUBSCRIBER = """
def drain_into(s):
    into = array.array("q", [0] * 4)
    return list(into[:s.drain(into=into)])

CALLS = {
    "subscribe": lambda s: s.subscribe()[0],
    "sample": lambda s: s.sample().value,
    "recv": lambda s: s.recv(5),
    "try_recv": lambda s: s.try_recv(),
    "recv_sample": lambda s: s.recv_sample(5).value,
    "at": lambda s: s.at(0).value,
    "after": lambda s: s.after(0, 5).value,
    "since": lambda s: [found.value for found in s.since(0)],
    "drain": lambda s: s.drain(),
    "drain_into": drain_into,
    "next": lambda s: next(s, None),
    "iter": lambda s: iter(s) and None,
    "enter": lambda s: s.__enter__() and None,
    "arecv": lambda s: asyncio.run(s.arecv(5)),
    "select": lambda s: shm_pub_sub.select([s], 5) and None,
    "wait_for_publisher": lambda s: s.wait_for_publisher(5),
    "publisher_alive": lambda s: s.publisher_alive and None,
    "buffer_num": lambda s: s.buffer_num and None,
    "repr": lambda s: repr(s) and None,
    "close": lambda s: s.close(),
}
RAISE_NOTHING = ("publisher_alive", "buffer_num", "repr", "close")

def close(s):
    s.close()

def set_up_again(s):
    s.__init__("b", 0.5)

name, act = sys.argv[1:]
call, act = CALLS[name], globals()[act]
other = Publisher("b", 0.5, 7)
other.publish(2.5)
shm_pub_sub.Subscriber("b", 0.5).close()
if name == "arecv":
    asyncio.run(asyncio.sleep(0))
before = None
for begin in moments():
    when = ""
    s = Subscriber("a", 0)
    with Publisher("a", 0, 3) as publisher:
        publisher.publish(1)
        deed = lambda: act(s)
        try:
            begin()
            result = call(s)
        except ClosedError:
            assert when and name not in RAISE_NOTHING, when
            result = None
        finally:
            sys.settrace(None)
            go.bind_Attach = real_attach
        # The topic was there before, or the other one's before that: nothing else was published.
        assert result in (None, 1, 2.5, [], [1], [2.5], 0), (result, when)
        if not when:
            pass
        elif act is close:
            assert s.closed and not s._mapped and s.buffer_num is None, when
            assert mapped("a") == 2, when  # its publisher's page 0, and the rest
            try:
                s.subscribe()
            except ClosedError:
                pass
            else:
                raise AssertionError(f"a closed subscriber came back to life, {when}")
        elif name != "close":
            assert (s.name, s.subscribe(), s.buffer_num) == ("b", (2.5, True), 7), (
                s, s.subscribe(), s.buffer_num, when)
            assert mapped("a") == 2, when  # its publisher's page 0, and the rest
    s.close()
    gc.collect()
    before = before or descriptors()
    assert descriptors() == before, when
    assert mapped() == 2, (when, mapped())  # b's publisher
"""

CALLS = ["subscribe", "sample", "recv", "try_recv", "recv_sample", "drain", "drain_into", "next"]
CALLS += ["at", "after", "since"]
CALLS += ["iter", "enter", "arecv", "select", "wait_for_publisher", "publisher_alive"]
CALLS += ["buffer_num", "repr", "close"]


@pytest.mark.parametrize("act", ["close", pytest.param("set_up_again", marks=pytest.mark.soak)])
@pytest.mark.parametrize("call", CALLS)
def test_subscriber_that_ends_within_a_call_stays_what_it_has_become(
    call: str, act: str, check_python: Check
) -> None:
    assert int(check_python(HARNESS + SUBSCRIBER, call, act, timeout=100)) > 1, (
        "the trace function never ran"
    )


CALLBACK = """
import threading

def run(n, act):
    global when, deed
    when = ""
    called, happened = [], threading.Event()
    with Publisher("a", 0) as publisher:
        publisher.publish(1)
        s = Subscriber("a", 0)
        deed = lambda: act(s) or happened.set()
        threading.settrace(Trace(n))
        s.__init__("a", 0, callback=lambda value: called.append(value) or happened.set())
        threading.settrace(None)
        assert happened.wait(20)
    if not when:
        s.close()
    for thread in threading.enumerate():
        if thread.name.startswith("shm_pub_sub callback"):
            thread.join(20)
            assert not thread.is_alive()
    assert called in ([], [1]), (called, when)
    if act is set_up_again and when:
        assert s.recv(0) == 2.5, "taken by the thread of another life"
        s.close()
    return when

def close(s):
    s.close()

def set_up_again(s):
    s.__init__("b", 0.5)

with Publisher("b", 0.5) as other:
    other.publish(2.5)
    for act in (close, set_up_again):
        print(sum(bool(run(n, act)) for n in range(1, 60)))
"""


def test_callback_gets_nothing_of_what_the_subscriber_moves_to(check_python: Check) -> None:
    printed = check_python(HARNESS + CALLBACK, timeout=100)
    assert all(int(deeds) > 10 for deeds in printed.split()), printed
