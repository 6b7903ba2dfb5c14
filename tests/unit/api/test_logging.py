"""logging.getLogger("shm_pub_sub") gets events of topics, never of values."""

import logging
import re

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError
from support.programs import Run

LOGGER = "shm_pub_sub"


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)


def check_only_record(caplog: pytest.LogCaptureFixture, level: int, *words: str) -> None:
    (record,) = caplog.records
    assert (record.name, record.levelno) == (LOGGER, level)
    for word in ("my/topic", *words):
        assert word in record.getMessage()


def test_taking_over_a_dead_publishers_topic_is_logged_with_its_pid(
    run_python: Run, caplog: pytest.LogCaptureFixture
) -> None:
    ended = run_python(
        "import os, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('my/topic', 0)\n"
        "print(os.getpid())\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with Publisher("my/topic", 0):
        check_only_record(caplog, logging.INFO)
        assert ended.stdout.strip() in re.findall(r"\d+", caplog.messages[0])


def test_re_attachment_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    sub = Subscriber("my/topic", 0)
    with Publisher("my/topic", 0, 7) as pub:
        pub.publish(1)
        for _ in range(10):
            sub.subscribe()
        check_only_record(caplog, logging.INFO, "7 buffers")


def test_change_of_type_is_logged_once_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    sub = Subscriber("my/topic", 0)
    with Publisher("my/topic", 0.5):
        for _ in range(10):
            with pytest.raises(TopicTypeError):
                sub.subscribe()
        check_only_record(caplog, logging.WARNING, "int", "float")


def test_ordinary_use_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        for value in range(100):
            pub.publish(value)
            sub.subscribe()
    Publisher("topic", 0, replace=True).close()
    assert caplog.records == []


def test_nothing_is_printed_unless_the_program_sets_logging_up(run_python: Run) -> None:
    ended = run_python(
        "from shm_pub_sub import *\n"
        "sub = Subscriber('topic', 0)\n"
        "pub = Publisher('topic', 0.5)\n"
        "try: sub.subscribe()\n"
        "except TypeError: pass\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_handler_that_reads_and_closes_the_subscriber_does_no_harm() -> None:
    sub = Subscriber("topic", -1)
    seen = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(sub.subscribe())
            sub.close()

    handler = Handler()
    logging.getLogger(LOGGER).addHandler(handler)
    try:
        with Publisher("topic", 0) as pub:
            pub.publish(1)
            with pytest.raises(ClosedError):  # closed under it: not that nobody publishes
                sub.subscribe()
    finally:
        logging.getLogger(LOGGER).removeHandler(handler)
    assert seen == [(1, True)]
    assert sub.closed
