"""What programs/array_message.py and array_trip.py share: numbered arrays of doubles."""

import os

import numpy as np


def example(size):
    return np.zeros(size // 8)


def number(array, value):
    """Make an array recognisable: at both ends, so that one that is cut off is noticed."""
    array[0] = array[-1] = value


def is_number(array, value):
    return array[0] == value == array[-1]


def prepare(peer, like, buffers=3):
    """Return what both processes inherit."""
    os.environ["BENCHMARK_BUFFERS"] = str(buffers)
    if hasattr(peer, "array_prepare"):
        return peer.array_prepare(like)
    return peer.prepare() if hasattr(peer, "prepare") else None
