"""What other libraries make of copies and views."""

import array
from typing import Any

import numpy as np
import pytest
from numpy.lib import NumpyVersion
from shm_pub_sub import Publisher, Subscriber

FRAME = np.zeros((40, 30, 3), np.uint8)


def test_copies_are_exchanged_by_dlpack() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME) as sub:
        pub.publish(FRAME + 1)
        shared = np.from_dlpack(sub.recv())
        assert (shared == 1).all()


class OldConsumer:
    """Asks for a capsule as before DLPack 1.0, which cannot say that memory is read-only."""

    def __init__(self, exporter: Any) -> None:
        self.capsule = exporter.__dlpack__()


def test_views_refuse_old_consumers_of_dlpack() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(FRAME + 1)
        with pytest.raises(BufferError):
            OldConsumer(sub.recv())
        if NumpyVersion(np.__version__) >= "2.1.0":
            view = sub.subscribe()[0]
            shared = np.from_dlpack(view)
            for number in range(2, 20):
                pub.publish(FRAME + number)
            del view
            assert (shared == 1).all()
            assert not shared.flags.writeable


def test_views_are_buffers_that_cannot_be_written() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(FRAME + 1)
        view = sub.recv()
        with memoryview(view) as buffer:
            assert buffer.readonly
            assert buffer.shape == FRAME.shape
            assert buffer.format == "B"
        with pytest.raises(BufferError):
            np.frombuffer(view.base, np.uint8)
        assert array.array("B", view.tobytes()).count(1) == FRAME.size
        assert np.asarray(view) is view
        assert np.array(view).flags.writeable


def test_a_view_can_be_published_again() -> None:
    with (
        Publisher("cam", FRAME) as pub,
        Publisher("copy", FRAME) as again,
        Subscriber("cam", FRAME, copy=False) as sub,
        Subscriber("copy", FRAME) as last,
    ):
        pub.publish(FRAME + 5)
        again.publish(sub.recv())
        assert (last.recv() == 5).all()
