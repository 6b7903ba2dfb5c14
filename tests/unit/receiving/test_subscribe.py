"""subscribe(): the latest value, and when ok is True."""

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, topics


def test_subscriber_returns_default_without_a_publisher() -> None:
    with Subscriber("topic", 7) as sub:
        assert sub.subscribe() == (7, False)
        assert sub.subscribe() == (7, False)


def test_subscriber_returns_default_before_first_publish() -> None:
    with Publisher("topic", 1), Subscriber("topic", 7) as sub:
        assert sub.subscribe() == (7, False)


def test_subscriber_made_before_the_publisher_finds_it() -> None:
    with Subscriber("topic", 7) as sub:
        assert sub.subscribe() == (7, False)
        with Publisher("topic", 0) as pub:
            assert sub.subscribe() == (7, False)
            pub.publish(1)
            assert sub.subscribe() == (1, True)


def test_subscriber_made_after_the_publish_reads_the_value() -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        with Subscriber("topic", 7) as sub:
            assert sub.subscribe() == (1, True)


def test_ok_stays_true_on_repeated_reads() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 7) as sub:
        pub.publish(1)
        assert {sub.subscribe() for _ in range(1000)} == {(1, True)}


def test_result_is_a_plain_tuple_of_two() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        assert type(sub.subscribe()) is tuple
        pub.publish(1.0)
        result = sub.subscribe()
        assert type(result) is tuple
        assert len(result) == 2
        assert result[1] is True


def test_a_value_is_read_by_every_subscriber() -> None:
    subs: list[Subscriber[int]] = [Subscriber("topic", -n) for n in range(5)]
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        assert [sub.subscribe() for sub in subs] == [(1, True)] * 5
    assert [sub.subscribe() for sub in subs] == [(-n, False) for n in range(5)]


def test_close_of_the_publisher_shows_at_the_next_read() -> None:
    with Subscriber("topic", 7) as sub:
        for value in range(100):
            with Publisher("topic", 0) as pub:
                pub.publish(value)
                assert sub.subscribe() == (value, True)
            assert sub.subscribe() == (7, False)


def test_subscriber_follows_to_a_new_publisher_of_another_size() -> None:
    sub = Subscriber("topic", -1)
    for buffers in (1, 1000, 2, 50_000, 3):
        with Publisher("topic", 0, buffers) as pub:
            assert sub.subscribe() == (-1, False)
            assert sub.buffer_num == buffers
            for value in range(5):
                pub.publish(value)
                assert sub.subscribe() == (value, True)


def test_subscriber_does_not_mind_that_publishers_changed_between_reads() -> None:
    with Subscriber("topic", -1) as sub:
        with Publisher("topic", 0) as pub:
            pub.publish(1)
            assert sub.subscribe() == (1, True)
        with Publisher("topic", 0) as pub:
            pub.publish(2)
        with Publisher("topic", 0) as pub:
            pub.publish(3)
            assert sub.subscribe() == (3, True)


@pytest.mark.parametrize("buffers", [1, 2, 3, 4, 5, 7, 64, 1000, 100_000])
def test_newest_value_is_read_with_any_number_of_buffers(buffers: int) -> None:
    with Publisher("topic", 0, buffers) as pub, Subscriber("topic", -1) as sub:
        assert pub.buffer_num == sub.buffer_num == buffers
        for value in range(min(5 * buffers + 3, 20_000)):
            pub.publish(value)
            assert sub.subscribe() == (value, True)


def test_a_reader_that_slept_through_any_number_of_values_reads_the_newest() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    buffers = rng.randint(1, 9)
    value = 0
    with Publisher("topic", 0, buffers) as pub, Subscriber("topic", -1) as sub:
        for _ in range(2000):
            for _ in range(rng.randint(1, 4 * buffers)):
                value += 1
                pub.publish(value)
            assert sub.subscribe() == (value, True)


def test_a_read_right_after_a_publish_returns_that_value_a_million_times() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", -1.0) as sub:
        publish, subscribe = pub.publish, sub.subscribe
        for number in range(1_000_000):
            value = number * 0.5
            publish(value)
            if subscribe() != (value, True):
                pytest.fail(f"not {value} was read after publish number {number}")


@pytest.mark.parametrize("default", [True, 5, 2.5])
def test_topics_do_not_mix(default: Any) -> None:
    names = [f"robot/{number}" for number in range(20)]
    pubs = [Publisher(name, 0) for name in names]
    subs = [Subscriber(name, -1) for name in names]
    other_pub, other_sub = Publisher("other", default), Subscriber("other", default)
    other_pub.publish(default)
    for value in range(50):
        for number, pub in enumerate(pubs):
            pub.publish(1000 * number + value)
        assert [sub.subscribe() for sub in subs] == [(1000 * n + value, True) for n in range(20)]
    assert other_sub.subscribe() == (default, True)


def test_domains_do_not_mix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here, sub = Publisher("topic", 0), Subscriber("topic", -1)
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(tmp_path))
    with Publisher("topic", 0) as there, Subscriber("topic", -2) as sub_there:
        here.publish(1)
        assert sub_there.subscribe() == (-2, False)
        there.publish(2)
        assert sub.subscribe() == (1, True)
        assert sub_there.subscribe() == (2, True)
    assert sub.subscribe() == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_relative_domain_is_the_one_meant(monkeypatch: pytest.MonkeyPatch, shm_dir: Path) -> None:
    monkeypatch.chdir(shm_dir.parent)
    monkeypatch.setenv("SHM_PUB_SUB_DIR", shm_dir.name)
    sub = Subscriber("topic", -1)
    pub = Publisher("topic", 0)
    monkeypatch.chdir("/")
    pub.publish(1)
    assert sub.subscribe() == (1, True)
    pub.close()
    assert sub.subscribe() == (-1, False)
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("folder", ["a b", "ünï", "%41", "a\nb", "a'\"b"])
def test_any_name_of_a_domain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str) -> None:
    domain = tmp_path / folder
    domain.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(domain))
    with Publisher("topic", 0) as pub, Subscriber("topic", -1) as sub:
        pub.publish(1)
        assert sub.subscribe() == (1, True)
    assert list(domain.iterdir()) == []


def test_domain_that_is_not_utf8_works_or_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    domain = tmp_path / os.fsdecode(b"\xff\xfe")
    domain.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(domain))
    uses: list[Callable[[], object]] = [
        lambda: Publisher("topic", 0),
        lambda: Subscriber("topic", 0),
        topics,
    ]
    for use in uses:
        with contextlib.suppress(ShmError):
            use()
