"""shm-pub-sub pub, to topics of every type."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber
from shm_pub_sub._cli import main

from .conftest import Cli, RunCli, check_failure

IMU = "Imu{stamp: int64, ax: float64, pose: Pose{x: float32}, s: str <= 9}"


def newest(name: str) -> Any:
    """The retained topic's value; it is removed."""
    with Subscriber(name) as sub:
        sample = sub.sample()
    assert sample is not None
    shm_pub_sub.remove(name)
    return sample.value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "grüezi, all", "grüezi, all"),
        ("str <= 9", "-5", "-5"),
        ("bytes <= 9", "0x00ff", b"\0\xff"),
        ("uint8", "0x10", 16),
        ("float32", "-.5", -0.5),
        ("complex128", '{"real": 1, "imag": -2}', 1 - 2j),
        ("list[int] <= 3", "[1, -2]", [1, -2]),
        ("uint16[2,2]", "[[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]], "u2")),
        ("float32[<=9]", "[]", np.zeros(0, "f4")),
        ("int", "7", 7),
        ("float64", "7", 7.0),
    ],
)
def test_type_is_the_one_that_was_asked_for(
    capsys: pytest.CaptureFixture[str], kind: str, text: str, value: Any
) -> None:
    assert main(["pub", "topic", text, "--type", kind, "--once"]) == 0
    assert capsys.readouterr().out.startswith("publishing #1: ")
    found = newest("topic")
    assert type(found) is type(value)
    np.testing.assert_equal(found, value)


def test_record_keeps_the_fields_that_are_left_out(call_cli: RunCli) -> None:
    first = call_cli("pub", "imu", '{"ax": 1, "s": "ok"}', "--type", IMU, "--once")
    assert first.stdout == "publishing #1: stamp=0, ax=1, pose=(x=0), s='ok'\n"
    # The next command finds the type, and the values that are retained.
    again = call_cli(
        "pub", "imu", '{"stamp": 7}', '{"pose": {"x": 2}}', "-n", 2, "-r", 99, "--retain"
    )
    assert again.stdout.splitlines() == [
        "publishing #1: stamp=7, ax=1, pose=(x=0), s='ok'",
        "publishing #2: stamp=7, ax=1, pose=(x=2), s='ok'",
    ]
    assert shm_pub_sub.inspect("imu").type_name == IMU
    assert newest("imu")._asdict().keys() == {"stamp", "ax", "pose", "s"}


def test_topic_stays_what_it_is(call_cli: RunCli) -> None:
    """A retained topic's layout, names and metadata are those of its first publisher."""
    packed = np.dtype([("a", "u1"), ("x: y", "f8")])
    with Publisher("packed", np.zeros((), packed)[()], retain=True, unit="m") as pub:
        pub.publish(np.array((1, 2.5), packed)[()])
    with Publisher("gain", 0.0, retain=True, unit="V", description="of the motor") as number:
        number.publish(1.0)
    descriptor = shm_pub_sub._topics.inspect_typed("packed")[1]  # type: ignore[attr-defined]
    assert call_cli("pub", "packed", '{"x: y": 3}', "--once").returncode == 0
    assert call_cli("pub", "gain", "2", "--once").returncode == 0
    info, found = shm_pub_sub._topics.inspect_typed("packed")  # type: ignore[attr-defined]
    assert (found, info.metadata["unit"]) == (descriptor, "m")
    assert newest("packed") == {"a": 1, "x: y": 3.0}
    assert shm_pub_sub.inspect("gain").metadata == {"unit": "V", "description": "of the motor"}
    assert newest("gain") == 2.0


def test_lines_of_stdin(cli: Cli) -> None:
    for kind, lines, shown in (
        (
            IMU,
            '{"ax": 1}\n\n{"s": "b"}\n',
            [f"stamp=0, ax=1, pose=(x=0), s='{text}'" for text in ("", "b")],
        ),
        ("str", " a \n\nb\n", [" a ", "", "b"]),
        ("bool[2]", "[true, false]\n", ["bool[2], [True, False]"]),
    ):
        pub = cli.start("pub", "topic", "-", "--type", kind, "--keep", 0.01)
        out, err = pub.communicate(lines, timeout=30)
        assert (pub.returncode, err) == (0, "")
        assert out == "".join(f"publishing #{n}: {text}\n" for n, text in enumerate(shown, 1))


def test_wrong_line_of_stdin_is_named(cli: Cli) -> None:
    pub = cli.start("pub", "imu", "-", "--type", IMU, "-q")
    _, err = pub.communicate('{"ax": 1}\n{"ay": 1}\n', timeout=30)
    assert pub.returncode == 1
    assert "line 2 of stdin: found no field 'ay' in Imu; expected stamp, ax, pose, s" in err


def test_json_of_what_is_published(call_cli: RunCli) -> None:
    found = call_cli("pub", "imu", '{"ax": "NaN"}', "--type", IMU, "-n", 1, "--format", "json")
    value = {"stamp": 0, "ax": "NaN", "pose": {"x": 0.0}, "s": ""}
    assert json.loads(found.stdout) == {"topic": "imu", "number": 1, "value": value}


def test_bytes_of_a_file(call_cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(bytes(range(256)))
    assert call_cli("pub", "data", f"@{path}", "--type", "bytes", "--once").returncode == 0
    assert newest("data") == bytes(range(256))
    check_failure(call_cli("pub", "data", f"@{path}.no", "--type", "bytes"), "No such file", 1)


def test_a_file_without_an_end_is_too_large(run_cli: RunCli) -> None:
    failed = run_cli("pub", "data", "@/dev/zero", "--type", "bytes <= 10", "--once")
    check_failure(failed, "/dev/zero: found more than 10 bytes; expected 10 at most", 2)


@pytest.mark.parametrize(
    ("words", "published"),
    [
        (["-n", "1", "5"], [5]),
        (["-n", "2", "-5", "7"], [-5, 7]),
        (["-n", "2", "--", "-5", "7"], [-5, 7]),
        (["-5", "-n", "2", "7"], [-5, 7]),
    ],
    ids=str,
)
def test_values_may_follow_options(
    call_cli: RunCli, words: list[str], published: list[int]
) -> None:
    found = call_cli("pub", "topic", "--format", "json", "-r", "50", *words)
    assert [json.loads(line)["value"] for line in found.stdout.splitlines()] == published


def test_stdin_may_follow_options(cli: Cli) -> None:
    pub = cli.start("pub", "topic", "--keep", 0.01, "-")
    assert pub.communicate("3\n", timeout=30) == ("publishing #1: 3\n", "")


def test_an_unknown_option_is_no_value(run_cli: RunCli) -> None:
    failed = run_cli("pub", "topic", "-n", "1", "--nope", "5")
    check_failure(failed, "unrecognized arguments: --nope", 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (['{"ax": 1}'], "found '{\"ax\": 1}'; expected true, false or a number"),
        (['{"ax": 1}'], "the new topic 'topic', pass --type, such as --type 'Imu{ax: float64}'"),
        (["[1]"], "such as --type 'float64[3]'"),
        (["hello"], "such as --type str"),
        (
            ["1", "--type", "flaot"],
            "argument --type: 'flaot': found 'flaot' at character 1; expected",
        ),
        (['{"a', "--type", IMU], "which is not JSON: "),
        (
            ["ff", "--type", "bytes"],
            "expected bytes in hexadecimal digits, such as 0x00ff, or @FILE",
        ),
        (["256", "--type", "uint8"], "found 256; expected an integer from 0 to 255"),
        (["x", "--type", "float32"], "found 'x'; expected a number, as the topic's type is float"),
        ([], "pub: expected values, or --image and files"),
        (["1", "--image", "a.png"], "pub: expected values, or --image and files"),
    ],
)
def test_what_is_no_value_is_wrong_usage(call_cli: RunCli, arguments: list[str], said: str) -> None:
    check_failure(call_cli("pub", "topic", *arguments), said, 2)
    assert shm_pub_sub.topics() == []


@pytest.fixture
def picture() -> Any:
    """Pixels of 24 rows of 32: red, green and blue."""
    return np.random.default_rng(7).integers(0, 256, (24, 32, 3), dtype="u1")


def save(path: Path, pixels: Any, **options: Any) -> Path:
    pytest.importorskip("PIL.Image").fromarray(pixels).save(path, **options)
    return path


def test_picture_is_published_as_it_is(call_cli: RunCli, tmp_path: Path, picture: Any) -> None:
    for name, pixels, encoding in (
        ("rgb", picture, "rgb8"),
        ("grey", picture[..., 0], "mono8"),
        ("alpha", np.concatenate([picture, picture[..., :1]], 2), "rgba8"),
        ("depth", picture[..., 0].astype("u2") * 257, "mono16"),
    ):
        ended = call_cli(
            "pub", name, "--image", save(tmp_path / f"{name}.png", pixels), "--once", "-q"
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert shm_pub_sub.inspect(name).metadata == {"attributes": {"encoding": encoding}}
        np.testing.assert_array_equal(newest(name), pixels)


def test_picture_gets_the_topics_encoding(call_cli: RunCli, tmp_path: Path, picture: Any) -> None:
    path = save(tmp_path / "a.png", picture)
    attributes = {"encoding": "bgr8", "frame_id": "front"}
    with Publisher("camera", np.zeros_like(picture), retain=True, attributes=attributes) as pub:
        pub.publish(picture)
    assert (
        call_cli("pub", "camera", "--image", path, path, "-n", 3, "-r", 99, "--retain").returncode
        == 0
    )
    assert shm_pub_sub.inspect("camera").metadata["attributes"] == attributes
    np.testing.assert_array_equal(newest("camera"), picture[..., ::-1])


def test_picture_of_another_size_is_refused(call_cli: RunCli, tmp_path: Path, picture: Any) -> None:
    path, smaller = save(tmp_path / "a.png", picture), save(tmp_path / "b.png", picture[:20])
    check_failure(
        call_cli("pub", "camera", "--image", path, smaller),
        f"{smaller}: found 32 x 20 pixels; expected 32 x 24, as the topic 'camera' is of "
        "uint8[24,32,3]; resize the picture",
        2,
    )
    with Publisher("matrix", np.zeros((3, 3)), retain=True) as pub:
        pub.publish(np.eye(3))
    said = "found a topic 'matrix' of float64[3,3]; expected pictures"
    check_failure(call_cli("pub", "matrix", "--image", path), said, 2)
    shm_pub_sub.remove("matrix")


def test_file_that_has_no_picture(call_cli: RunCli, tmp_path: Path, picture: Any) -> None:
    whole = save(tmp_path / "a.png", picture).read_bytes()
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole[: len(whole) // 2])
    check_failure(call_cli("pub", "camera", "--image", cut), f"{cut}: ", 2)
    text = tmp_path / "text.png"
    text.write_text("no picture")
    check_failure(
        call_cli("pub", "camera", "--image", text), "found no picture; expected a file", 2
    )
    check_failure(call_cli("pub", "camera", "--image", tmp_path / "no.png"), "No such file", 1)


def test_pillow_that_is_missing_is_named(run_python: Any) -> None:
    program = "import sys\nsys.modules['PIL'] = None\nfrom shm_pub_sub._cli import main\n"
    ended = run_python(
        program + "sys.exit(main(sys.argv[1:]))", "pub", "camera", "--image", "a.png"
    )
    check_failure(ended, "shm-pub-sub: pub: found no pillow; pip install pillow brings it", 1)
