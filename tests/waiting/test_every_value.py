"""Each value is received or counted as lost, in order, at any speed."""

from collections.abc import Callable

import pytest
from support import remote
from support.counts import VALUES
from support.peer import NewPeer

Record = Callable[[str, object], None]


@pytest.mark.timeout(120 + VALUES // 100_000)
@pytest.mark.parametrize(
    ("way", "buffer_num", "values"),
    [
        ("C", 1, VALUES // 10),
        ("C", 10, VALUES // 10),
        ("C", 100_000, VALUES),
        ("C, in batches", 1000, VALUES),
        ("C, in batches", 1_000_000, VALUES // 10),
        ("Go", 1, VALUES // 100),
        ("Go", 10_000, VALUES // 10),
    ],
)
def test_received_and_lost_are_all_that_was_published(
    new_peer: NewPeer, way: str, buffer_num: int, values: int, record_property: Record
) -> None:
    reader, writer = new_peer(), new_peer()
    reader.call(remote.make_subscriber, "topic", 0)
    reader.begin(remote.receive_up_to, "topic", values, 20.0)
    seconds = 60 + values / 100_000
    writer.call(remote.publish_numbers, way, "topic", buffer_num, values, timeout=seconds)
    received, lost, gaps = reader.answer(seconds)
    print(f"{received} received, {lost} lost in {gaps} gaps")
    record_property("received, lost, gaps", [received, lost, gaps])
    assert received + lost == values
    assert received >= 1
    writer.call(remote.close_publisher, "topic")
    reader.call(remote.close_subscriber, "topic")
