"""The pytest plugin, in a user's test suite."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SHM = Path("/dev/shm")

LEAVES_A_TOPIC = """
import shm_pub_sub

kept = []

def test_leaves_a_topic(shm_domain):
    kept.append(shm_pub_sub.Publisher("robot/speed", 0.0))
"""


Suite = Callable[..., pytest.RunResult]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """suite(source, *arguments): a user's, in its own process, with warnings as errors."""
    # Hypothesis' plugin takes four times as long to load as the rest.
    without = "-p no:cacheprovider -p no:hypothesispytest"
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{without} -W error --strict-markers")
    monkeypatch.setenv("BEFORE", os.environ["SHM_PUB_SUB_DIR"])

    def run(source: str, *arguments: str) -> pytest.RunResult:
        before = set(SHM.glob("shm_pub_sub-test-*"))
        pytester.makepyfile(source)
        result = pytester.runpytest_subprocess(*arguments)
        left = set(SHM.glob("shm_pub_sub-test-*")) - before
        assert not [name for name in left if not others(name)], "directories are left"
        return result

    return run


def others(directory: Path) -> bool:
    """Report whether a directory belongs to a live test run, such as one beside this."""
    return Path("/proc", directory.name.split("-")[2]).exists()


def test_each_test_has_a_domain_of_its_own(suite: Suite) -> None:
    result = suite(
        """
        import os
        import subprocess
        import sys

        import pytest
        import shm_pub_sub

        earlier = set()

        @pytest.mark.parametrize("turn", range(3))
        def test_domain(shm_domain, turn):
            assert os.environ["SHM_PUB_SUB_DIR"] == str(shm_domain)
            assert shm_domain not in earlier
            assert shm_domain.parent.name == "shm"
            earlier.add(shm_domain)
            assert shm_pub_sub.topics() == []
            with shm_pub_sub.Publisher("speed", 0.0) as pub:
                pub.publish(2.5)
                child = "from shm_pub_sub import *; print(Subscriber('speed', 0.0).subscribe())"
                out = subprocess.check_output([sys.executable, "-c", child], text=True)
                assert out == "(2.5, True)\\n"

        def test_after_it_the_environment_is_as_before():
            assert os.environ["SHM_PUB_SUB_DIR"] == os.environ["BEFORE"]
            assert not any(path.exists() for path in earlier)
        """,
        "-p",
        "no:randomly",
    )
    result.assert_outcomes(passed=4)


def test_what_is_left_is_an_error_that_lists_it(suite: Suite) -> None:
    result = suite("""
        import os
        import subprocess
        import sys
        import textwrap

        import shm_pub_sub

        kept = []
        KILLED = '''
        import os, shm_pub_sub
        pub = shm_pub_sub.Publisher('b/killed', 0)
        os.kill(os.getpid(), 9)
        '''

        def test_leaves(shm_domain):
            kept.append(shm_pub_sub.Publisher("a/open", 0.0))
            assert subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED)]).returncode == -9
            shm_pub_sub.Publisher("c/kept", True, retain=True).close()
            (shm_domain / "notes.txt").touch()
    """)
    result.assert_outcomes(passed=1, errors=1)
    text = result.stdout.str()
    assert "shm_domain: found 4 left in shared memory at the test's end; expected nothing" in text
    assert re.search(r"^  notes\.txt: no topic$", text, re.MULTILINE)
    assert "\n  a/open: float; its publisher, in this process, is alive\n" in text
    assert re.search(r"\n  b/killed: int; its publisher, in process \d+, has ended\n", text)
    assert "\n  c/kept: bool, retained; its publisher, in this process, has ended\n" in text


def test_a_mark_allows_what_is_left(suite: Suite) -> None:
    mark = "@pytest.mark.shm_leaves_files('kept')\ndef "
    marked = "import pytest\n" + LEAVES_A_TOPIC.replace("def ", mark)
    suite(marked).assert_outcomes(passed=1)
    assert "shm_leaves_files(reason)" in suite(marked, "--markers").stdout.str()


def test_a_failure_is_not_hidden_behind_what_it_left(suite: Suite) -> None:
    result = suite("""
        import pytest
        import shm_pub_sub

        kept = []

        @pytest.fixture
        def broken(shm_domain):
            kept.append(shm_pub_sub.Publisher("speed", 0.0))
            raise RuntimeError("while setting up")

        def test_fails(shm_domain):
            pub = shm_pub_sub.Publisher("speed", 0.0)
            raise RuntimeError("the real failure")

        def test_skips(shm_domain):
            kept.append(shm_pub_sub.Publisher("speed", 0.0))
            pytest.skip("in the middle")

        @pytest.mark.xfail(strict=True)
        def test_is_known_to_fail(shm_domain):
            kept.append(shm_pub_sub.Publisher("speed", 0.0))
            assert False

        def test_whose_set_up_fails(broken):
            pass
    """)
    result.assert_outcomes(failed=1, skipped=1, xfailed=1, errors=1)
    assert "left in shared memory" not in result.stdout.str()


def test_what_a_cycle_holds_is_collected_first(suite: Suite) -> None:
    result = suite(
        """
        import gc

        import shm_pub_sub

        def test_makes_a_cycle(shm_domain):
            gc.disable()
            cycle = [shm_pub_sub.Publisher("speed", 0.0)]
            cycle.append(cycle)
    """
    )
    result.assert_outcomes(passed=1)


def test_a_domain_that_the_test_left_is_checked_all_the_same(suite: Suite) -> None:
    source = LEAVES_A_TOPIC + "    import os; os.environ['SHM_PUB_SUB_DIR'] = '/nowhere'\n"
    result = suite(source)
    result.assert_outcomes(passed=1, errors=1)
    assert "robot/speed: float; its publisher, in this process, is alive" in result.stdout.str()


def test_each_test_s_topic_has_a_name_that_tells_whose_it_is(suite: Suite) -> None:
    result = suite("""
        import pytest
        import shm_pub_sub

        names = set()

        @pytest.mark.parametrize("what", ["plain", "a/b c", "°" * 300, "x" * 300])
        def test_topic(shm_topic, shm_domain, what):
            assert shm_topic.startswith("test_topic")
            assert shm_topic not in names
            names.add(shm_topic)
            with shm_pub_sub.Publisher(shm_topic, 0):
                assert [topic.name for topic in shm_pub_sub.topics()] == [shm_topic]
                assert len(list(shm_domain.iterdir())) == 1
    """)
    result.assert_outcomes(passed=4)


def test_workers_of_xdist_do_not_meet(suite: Suite) -> None:
    pytest.importorskip("xdist")
    result = suite(
        """
        import pytest
        import shm_pub_sub

        @pytest.mark.parametrize("value", range(20))
        def test_topic(shm_domain, value):
            with shm_pub_sub.Publisher("the same", 0) as pub:
                pub.publish(value)
                assert shm_pub_sub.Subscriber("the same", 0).subscribe() == (value, True)
        """,
        "-n2",
    )
    result.assert_outcomes(passed=20)


def test_unittest_s_classes_can_use_it(suite: Suite) -> None:
    result = suite(
        """
        import unittest

        import pytest
        import shm_pub_sub

        @pytest.mark.usefixtures("shm_domain")
        class TestTopics(unittest.TestCase):
            def test_is_alone(self):
                self.assertEqual(shm_pub_sub.topics(), [])
    """
    )
    result.assert_outcomes(passed=1)


def test_other_suites_have_no_go_runtime_and_no_other_environment(suite: Suite) -> None:
    result = suite("""
        import os
        from pathlib import Path

        def test_nothing_has_changed():
            assert os.environ["SHM_PUB_SUB_DIR"] == os.environ["BEFORE"]
            assert "_shmpubsub" not in Path("/proc/self/maps").read_text()
            assert len(os.listdir("/proc/self/task")) == 1
    """)
    result.assert_outcomes(passed=1)


def test_it_can_be_left_out(suite: Suite) -> None:
    result = suite("def test_needs_it(shm_domain): ...", "-p", "no:shm_pub_sub")
    result.assert_outcomes(errors=1)
    assert "fixture 'shm_domain' not found" in result.stdout.str()
