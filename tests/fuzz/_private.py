"""A program: python _private.py SEED CALLS LOG. See test_private.py."""

import array
import faulthandler
import gc
import os
import random
import signal
import sys
import types

import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber, _extension, _hot

seed, calls, log_path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
chance = random.Random(seed)
faulthandler.enable()
faulthandler.dump_traceback_later(120, exit=True)
sys.unraisablehook = lambda _: None
log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
BROKEN = ["without setting an exception", "with an exception set"]
"""What CPython reports if a C function returned without its exception."""


class Late(Exception):
    """A call has waited long enough."""


def interrupt(*_):
    raise Late


signal.signal(signal.SIGALRM, interrupt)


class Evil:
    """Every method calls into the library first."""

    def __init__(self, answer):
        self.answer = answer

    def _meddle(self, *_, **__):
        meddle()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    __index__ = __float__ = __int__ = __len__ = __call__ = __eq__ = __iter__ = __next__ = _meddle
    __getitem__ = __bool__ = __contains__ = _meddle

    def __hash__(self):
        return 1

    def __repr__(self):
        meddle()
        return "Evil"

    def __del__(self):
        meddle()


class EvilBytes(bytes):
    def __del__(self):
        meddle()


class EvilText(str):
    __slots__ = ()

    def __repr__(self):
        meddle()
        return "x"


class Module:
    """Stands for gopy's module."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return anything(function)


depth = 0


def meddle():
    """Do something else to one of the objects in the middle of a call."""
    global depth
    if depth < 3 and chance.random() < 0.3:
        depth += 1
        try:
            one_call()
        except Late:
            raise
        except Exception:
            pass
        finally:
            depth -= 1


def overriding(base):
    """A subclass that replaces some methods, mostly private ones."""
    names = [name for name in dir(base) if name.startswith("_") and not name.startswith("__")]
    body = {name: method() for name in chance.sample(names, chance.randint(0, 4))}
    if chance.random() < 0.3:
        body["__slots__"] = ()
    try:
        return type("Sub", (base,), body)
    except TypeError:
        return base


def method():
    answer = anything()
    return chance.choice(
        [lambda *_, **__: answer, Evil(answer), property(lambda _: answer), answer]
    )


def numbers():
    """What Go would describe a mapping with, or nearly."""
    some = [0, 1, 2, 3, 8, 32, 4096, 65792, 1 << 16, 1 << 40, -1, 2**63, 2**64, 2**70]
    text = " ".join(str(chance.choice(some)) for _ in range(chance.choice([5, 6, 7, 10, 11])))
    return chance.choice([text, text, EvilText(text), "", "x"])


def function():
    answer = chance.choice([anything, numbers])()
    return chance.choice([lambda *_, **__: answer, Evil(answer), fail, meddle])


def fail(*_):
    raise chance.choice([ValueError, RuntimeError, MemoryError, KeyError, SystemExit])("nothing\nx")


def topic():
    return chance.choice(["a", "b", "a/b", "c", "\0", "", "x" * 300])


def new(base):
    """An object in some state, of base: a C type, or the package's class."""
    cls = chance.choice([base, base, overriding(base)])
    made = cls.__new__(cls)
    if isinstance(made, (Publisher, Subscriber)) and chance.random() < 0.7:
        options = {}
        if isinstance(made, Publisher):
            options = {"retain": chance.random() < 0.3, "replace": chance.random() < 0.7}
        try:
            made.__init__(topic(), chance.choice([0, 0.5, True]), **options)
        except Late:
            raise
        except Exception:
            pass
    return made


def alignment():
    """One of subscribers in any state."""
    cls = chance.choice([_hot.Alignment, shm_pub_sub.Alignment, overriding(_hot.Alignment)])
    given = [each for each in objects if isinstance(each, _hot.Subscriber)]
    return cls(tuple(chance.sample(given, min(len(given), 3))), chance.choice([0, 10**9]), None)


BASES = [_hot.Publisher, _hot.Subscriber, Publisher, Subscriber]
TYPES = [*BASES, _hot.Alignment, shm_pub_sub.Alignment]
objects = []


def one_object():
    if len(objects) < 8 or chance.random() < 0.05:
        few = chance.random() < 0.8 or not any(isinstance(o, _hot.Subscriber) for o in objects)
        made = new(chance.choice(BASES)) if few else alignment()
        if len(objects) >= 30:
            objects.pop(chance.randrange(len(objects)))
        objects.append(made)
        return made
    return chance.choice(objects)


def path():
    where = f"{os.environ['SHM_PUB_SUB_DIR']}/shm_pub_sub.{topic()}"
    return chance.choice([os.fsencode(where), EvilBytes(os.fsencode(where)), b"", b"\0", b"/" * 9])


def buffer():
    made = chance.choice([array.array("dqb"[chance.randrange(3)], [1, 2, 3]), bytearray(16), b"xy"])
    view = memoryview(made)
    return chance.choice([made, view, view[::2], view.cast("B") if view.contiguous else view])


MAKERS = [
    lambda: chance.choice([None, True, False, ..., NotImplemented, "", b"", (), [], {}, set()]),
    lambda: chance.choice([0, 1, 2, 3, 4, -1, 77, 2**31, 2**32, 2**63, 2**64, 2**70, -(2**63)]),
    lambda: chance.choice([0.0, 0.001, 0.5, -1.0, 1e300, float("nan"), float("inf"), 1j]),
    lambda: chance.choice(["timeout", "into", "a", "\ud800", "int", "float", "x\0y", "é" * 50]),
    lambda: getattr(one_object(), "_open_epoch", 1),
    lambda: Evil(anything()),
    lambda: tuple(anything() for _ in range(chance.randint(0, 3))),
    lambda: tuple(one_object() for _ in range(chance.randint(0, 3))),
    lambda: [anything() for _ in range(chance.randint(0, 3))],
    lambda: (chance.choice([0, 0.5, True]), False),
    lambda: chance.choice([int, object, type, Exception, *TYPES, _hot.Sample, shm_pub_sub.Sample]),
    lambda: overriding(chance.choice(BASES)),
    lambda: type("Plain", chance.choice([(), (int,), (Evil,)]), {}),
    lambda: chance.choice([Module(), types.ModuleType("empty"), sys, _hot]),
    path,
    buffer,
    numbers,
    function,
    one_object,
    topic,
]
nested = 0


def anything(make=None):
    global nested
    nested += 1
    try:
        return (make or (chance.choice(MAKERS) if nested < 4 else topic))()
    finally:
        nested -= 1


LIKELY = {
    "_open": [path, lambda: chance.randint(0, 4), lambda: (0, False), lambda: 0, lambda: 1],
    "_map": [lambda: getattr(one_object(), "_open_epoch", 1), function, topic, topic, topic, topic],
    "_take": [lambda: getattr(one_object(), "_open_epoch", 1), lambda: chance.random() < 0.5],
    "_create": [
        Module,
        function,
        lambda: ("", topic()),
        lambda: chance.randint(0, 4),
        function,
        path,
    ],
    "select": [lambda: tuple(one_object() for _ in range(chance.randint(0, 3))), lambda: 0.001],
    "recv": [lambda: 0.001],
    "_poll": [],
    "_hold": [],
    "publish": [lambda: chance.choice([1, 0.5, True])],
    "publish_many": [lambda: [1, Evil(2), 3.0]],
    "own_methods": [lambda: overriding(chance.choice(BASES))],
    "publisher_of": [topic, topic],
}


def arguments(name):
    if name in LIKELY and chance.random() < 0.6:
        found = [make() for make in LIKELY[name]]
        if chance.random() < 0.4:
            found[chance.randrange(len(found))] = anything()
        return found[: len(found) if chance.random() < 0.8 else chance.randint(0, len(found))]
    return [anything() for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 3, 4, 5, 6]))]


NOT_CALLED = {"__class__", "fork_words"}
"""fork_words returns an address, and changes nothing."""
FUNCTIONS = [name for name in dir(_hot) if callable(getattr(_hot, name)) and name not in NOT_CALLED]
MEMBERS = sorted({name for base in TYPES for name in dir(base)} - NOT_CALLED)
SETTABLE = ["_name", "_type", "_directory", "_default", "_trouble", "_waiters", "_owner"]
SETTABLE += ["_attach", "_say_closed", "_open_epoch", "lost", "_trust", "__dict__", "__class__"]
SETTABLE += ["extra", "_buffers"]


def describe(thing):
    return type(thing).__name__


def note(*what):
    os.write(log, (" ".join(map(str, what)) + "\n").encode("utf-8", "backslashreplace"))


def one_call():
    kind = chance.random()
    if kind < 0.2:
        name = chance.choice(FUNCTIONS)
        target, subject = getattr(_hot, name), _hot
    elif kind < 0.3:
        subject, name = one_object(), chance.choice(SETTABLE)
        note("set", describe(subject), name)
        if chance.random() < 0.5:
            delattr(subject, name)
        else:
            setattr(subject, name, anything())
        return
    elif kind < 0.4:
        name = chance.choice(MEMBERS)
        subject = anything(chance.choice([one_object, None]))
        target = getattr(chance.choice(TYPES), name, None)
        target = getattr(target, "__get__", lambda *_: target)(subject, type(subject))
    else:
        subject = one_object()
        name = chance.choice(MEMBERS if chance.random() < 0.5 else list(LIKELY))
        target = getattr(subject, name, None)
    given = arguments(name)
    named = {}
    if chance.random() < 0.15:
        named = {chance.choice(["timeout", "into", "x", "self", "\ud800"]): anything()}
    note("call", describe(subject), name, *map(describe, given), *named)
    if callable(target):
        target(*given, **named)


def calls_of_all_kinds():
    global number
    while number < calls:
        number += 1
        try:
            one_call()
            if number % 500 == 0:
                gc.collect()
        except SystemError as error:
            if any(text in str(error) for text in BROKEN):
                sys.exit(f"{error!r}")
        except (Exception, SystemExit):
            pass


number = 0
_extension.load()
# Again and again: what it raises in a finalizer is lost, and the call after that may wait as well.
signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
while number < calls:
    try:
        calls_of_all_kinds()
    except Late:  # between two calls
        continue
signal.setitimer(signal.ITIMER_REAL, 0)
depth = 3  # nothing more from the finalizers
objects.clear()
gc.collect()
print("done", flush=True)
os._exit(0)
