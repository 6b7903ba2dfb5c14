"""The check programs, the measurement, the notebook, the settings, and this machine's values."""

import re
import signal

import pytest
import shm_pub_sub
from support.paths import EXAMPLES
from support.programs import Check, Start


@pytest.mark.parametrize(
    ("kind", "value"), [("bool", "True|False"), ("int", r"\d+"), ("float", r"\d+\.0")]
)
def test_check_programs_count_in_each_type(start_example: Start, kind: str, value: str) -> None:
    topic = ("--topic", f"check/of {kind}", "--type", kind)
    subscriber = start_example("check_subscriber.py", *topic)
    subscriber.wait_for("no value; live topics: none")
    publisher = start_example("check_publisher.py", *topic, "--buffers", 5)
    publisher.wait_for(f"<Publisher 'check/of {kind}' {kind}, 5 buffers, open>")
    first = subscriber.wait_for(rf" s  ({value})$")[1]
    while subscriber.wait_for(rf" s  ({value})$")[1] == first:
        pass
    publisher.interrupt()
    subscriber.wait_for("no value")
    arrived = int(subscriber.interrupt()[-1].split()[0])
    assert 2 <= arrived <= int(publisher.lines[-1].split()[1])


def test_check_subscriber_lists_live_topics_and_fails_without_values(start_example: Start) -> None:
    with shm_pub_sub.Publisher("check/couter", 0):
        subscriber = start_example("check_subscriber.py", "--seconds", 0.2)
        assert subscriber.finish(status=1)[0].endswith("no value; live topics: check/couter")


def test_check_subscriber_names_both_types_where_they_differ(start_example: Start) -> None:
    with shm_pub_sub.Publisher("check/counter", 0.0):
        (line,) = start_example("check_subscriber.py").finish(status=1)
    assert re.search("float.*int.*try --type", line)


def test_throughput_measures_three_things(start_example: Start) -> None:
    lines = start_example("throughput.py", "--seconds", 0.2).finish()
    rates = [int(rate.replace(",", "")) for rate in re.findall(r"([\d,]+) /s", "\n".join(lines))]
    assert len(rates) == 5
    assert all(rate > 0 for rate in rates[:3])
    # The other process's figure may be 0: it may not have had a processor.
    assert 0 <= rates[4] <= rates[3]


def test_throughput_ends_by_ctrl_c(start_example: Start) -> None:
    throughput = start_example("throughput.py", "--seconds", 60)
    reader = start_example("check_subscriber.py", "--topic", "throughput/counter")
    reader.wait_for(r"\d s  \d")
    throughput.interrupt()
    reader.interrupt()


def test_notebook_runs_as_a_program(start_example: Start) -> None:
    lines = start_example("notebook_cells.py").finish()
    assert lines[0] == "<Publisher 'notebook/angle_radians' float, 3 buffers, open>"
    assert lines[1] == "before the first value: (0.0, False)"
    assert lines[2] == "step 0: (0.0, True)"
    assert lines[-2].startswith("refused: Shared memory already exists: ")
    assert lines[-1] == "after the end: (0.0, False)"


def test_notebook_s_cells_run_again_and_again(check_python: Check) -> None:
    kernel = """
import pathlib, sys
cells = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("# %%\\n")[1:]
variables = {}
for cell in [cells[0], *cells[1:-1] * 3, *cells[1:2] * 3, cells[-1]]:
    exec(cell, variables)
"""
    printed = check_python(kernel, EXAMPLES / "notebook_cells.py")
    assert printed.count("before the first value: (0.0, False)") == 3
    assert printed.count("refused: ") == 3
    assert printed.endswith("after the end: (0.0, False)\n")


def test_setting_is_kept_until_it_is_forgotten(start_example: Start) -> None:
    def settings(*args: object) -> list[str]:
        return start_example("retained_settings.py", *args).finish()

    watching = start_example("retained_settings.py", "show", "--seconds", 600)
    watching.wait_for(r"0\.5 m/s \(factory setting\)")
    assert settings("set", 1.25) == []
    watching.wait_for(r"1\.25 m/s \(set\)")
    assert settings("show") == ["speed limit 1.25 m/s (set)"]
    assert settings("set", 0.0) == []
    watching.wait_for(r"0\.0 m/s \(set\)")
    assert settings("forget") == []
    watching.wait_for(r"0\.5 m/s \(factory setting\)")
    watching.interrupt()
    assert settings("show") == ["speed limit 0.5 m/s (factory setting)"]
    assert settings("forget") == ["nothing was set"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_machine_publisher_closes_its_topics_when_a_signal_ends_it(
    start_example: Start, number: signal.Signals
) -> None:
    publisher = start_example("machine_publisher.py")
    reader = start_example("check_subscriber.py", "--topic", "machine/cpu/busy", "--type", "float")
    busy = float(reader.wait_for(r" s  (\d\.\d+)$")[1])
    assert 0.0 <= busy <= 1.0
    publisher.send_signal(number)
    publisher.finish()
    reader.wait_for("no value; live topics: none")
    reader.interrupt()
