"""What the uses whose references are counted share."""

from shm_pub_sub import _extension, _publisher


def raises(kind, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind:
        return
    raise AssertionError(f"{function} with {arguments} raised no {kind}")


class Go:
    """gopy's module, which was not compiled for a debug build: the None that it returns is counted
    when it is given back, and was not when it was made."""

    uncounted = 0

    def __getattr__(self, name):
        return getattr(_extension.load(), name)

    def IncRef(self, handle):
        Go.uncounted += 1
        return _extension.load().IncRef(handle)

    def DecRef(self, handle):
        Go.uncounted += 1
        return _extension.load().DecRef(handle)


class Fails:
    def __index__(self):
        raise ZeroDivisionError

    __float__ = __index__


class Converts:
    def __index__(self):
        return 2**40 + 7

    def __float__(self):
        return 2.75


class Closes:
    def __init__(self, end):
        self.end = end

    def __index__(self):
        self.end.close()
        return 1


def functions_of(module):
    """Return the functions that a module defines: each is a use."""
    here = module["__name__"]
    return [f for f in module.values() if type(f) is type(raises) and f.__module__ == here]


go = Go()
_publisher.load = lambda *_: go
