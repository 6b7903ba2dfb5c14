"""What cards show of pictures and point clouds."""

import base64
import io
import math
import random
import re
import sys
import time
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, _raster
from shm_pub_sub._views import LARGEST_FILE

from .test_html import Checker

Image = pytest.importorskip("PIL.Image")

RED = (255, 0, 0)


def pictures(html: str) -> list[Any]:
    """Return the pictures in HTML, decoded."""
    found = re.findall(r'<img src="data:image/(?:png|jpeg|webp);base64,([A-Za-z0-9+/=]+)"', html)
    assert len(found) == html.count("<img")
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def card(default: Any, value: Any, **arguments: Any) -> str:
    """Return a subscriber's card of a topic with one value."""
    with Publisher("topic", default, **arguments) as pub, Subscriber("topic") as sub:
        pub.publish(value)
        html = sub._repr_html_()
        assert len(sub.drain()) == 1, "nothing is taken"
    Checker(html)
    assert not html.startswith("<pre>"), html
    return html


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 3, 3), (1, 7, 4), (300, 200)])
def test_our_png_is_decoded_to_the_same_bits(shape: tuple[int, ...]) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, "u1")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(_raster.png(pixels)))), pixels)


@pytest.mark.parametrize(
    ("encoding", "pixel", "colour"),
    [
        (None, RED, RED),
        ("bgr8", (0, 0, 255), RED),
        ("rgba8", (*RED, 0), RED),
        ("bgra8", (0, 0, 255, 0), RED),
        ("8UC1", 7, 7),
        ("mono8", 7, 7),
        ("uyvy", (1, 9), 9),
        ("yuv422_yuy2", (9, 1), 9),
        ("bayer_rggb8", 7, 7),
    ],
)
def test_a_picture_has_its_encodings_colours(encoding: Any, pixel: Any, colour: Any) -> None:
    frame = np.zeros((20, 30, *np.shape(pixel)), "u1")
    frame[:] = pixel
    about = {"attributes": {"encoding": encoding}} if encoding else {}
    (picture,) = pictures(card(np.zeros_like(frame), frame, **about))
    assert (picture == colour).all()
    assert picture.shape[:2] == (20, 30)


def test_colours_of_16_bits_keep_their_upper_half() -> None:
    frame = np.full((20, 30, 3), (0xFF00, 0x1234, 0), "u2")
    about = {"encoding": "rgb16"}
    (picture,) = pictures(card(np.zeros_like(frame), frame, attributes=about))
    assert (picture == (0xFF, 0x12, 0)).all()


@pytest.mark.parametrize("dtype", ["f4", "f8", "u2", "i2"])
def test_depth_is_grey_from_the_nearest_to_the_farthest(dtype: str) -> None:
    depth = np.tile(np.linspace(100, 900, 64), (48, 1)).astype(dtype)
    low, high = np.percentile(depth, (1, 99))
    if dtype.startswith("f"):
        depth[:10] = math.nan
        depth[10] = math.inf
    names = {"f4": "32FC1", "f8": "64FC1", "u2": "mono16", "i2": "16SC1"}
    html = card(np.zeros_like(depth), depth, attributes={"encoding": names[dtype]})
    (picture,) = pictures(html)
    assert f"black {low:.4g}, white {high:.4g}" in html
    assert (picture[-1, 0], picture[-1, -1]) == (0, 255)
    assert (np.diff(picture[-1].astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, -1e308])
def test_a_picture_of_one_number_is_black(value: float) -> None:
    frame = np.full((20, 20), value)
    (picture,) = pictures(card(np.zeros_like(frame), frame, attributes={"encoding": "64FC1"}))
    assert not picture.any()


@pytest.mark.parametrize("pillow", [True, False])
def test_a_large_frame_is_a_small_picture(monkeypatch: pytest.MonkeyPatch, pillow: bool) -> None:
    if not pillow:
        monkeypatch.setitem(sys.modules, "PIL", None)
    frame = np.zeros((1080, 1920, 3), "u1")
    frame[:, 960:] = RED
    html = card(np.zeros_like(frame), frame)
    monkeypatch.undo()
    assert ("image/jpeg" in html) is pillow
    (picture,) = pictures(html)
    assert picture.shape == (360, 640, 3)
    assert np.abs(picture[100, 100].astype(int)).max() < 8
    assert np.abs(picture[100, 600].astype(int) - RED).max() < 8


@pytest.mark.parametrize("shape", [(1, 5000, 3), (5000, 1, 3), (481, 641, 3), (2, 2, 3)])
def test_frames_of_odd_shapes(shape: tuple[int, ...]) -> None:
    file = _raster.frame(np.full(shape, 200, "u1"), "rgb8")
    picture = np.asarray(Image.open(io.BytesIO(file.data)))
    assert picture.shape[:2] == (file.height, file.width)
    assert file.width <= _raster.WIDEST
    assert file.height <= _raster.HIGHEST
    assert abs(picture.astype(int) - 200).max() < 8


def test_a_4k_frame_takes_a_moment() -> None:
    with Publisher("topic", np.zeros((2160, 3840, 3), "u1")) as pub, Subscriber("topic") as sub:
        pub.publish(np.zeros((2160, 3840, 3), "u1"))
        times = []
        for _ in range(4):
            began = time.process_time()
            assert "<img" in sub._repr_html_()
            times.append(time.process_time() - began)
        assert min(times) < 0.1


def test_a_card_holds_no_view() -> None:
    frame = np.zeros((64, 64), "u1")
    with Publisher("topic", frame, views=1) as pub, Subscriber("topic") as sub:
        pub.publish(frame)
        assert "<img" in sub._repr_html_()
        reader = Subscriber("topic", frame, copy=False)
        assert reader.recv() is not None
        assert reader.copied == 0


def test_a_small_array_is_no_picture() -> None:
    matrix = np.zeros((8, 8), "u1")
    html = card(matrix, matrix)
    assert "<img" not in html
    assert "min 0, max 0" in html


def compressed(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, RED).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_compressed_picture_is_shown_as_it_is(kind: str) -> None:
    html = card(b"", compressed(kind), max_size=100_000, attributes={"format": kind})
    (picture,) = pictures(html)
    assert picture.shape[:2] == (30, 40)
    assert f"image/{kind}" in html


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload='alert(1)'/>", b"RIFF1234WAVE", b"\xff\xd8\xff" + bytes(LARGEST_FILE)],
)
def test_bytes_that_are_no_such_file_are_text(data: bytes) -> None:
    html = card(b"", data, max_size=4 << 20, attributes={"format": "jpeg"})
    assert "<img" not in html
    assert "<svg onload" not in html


@pytest.mark.parametrize("structured", [True, False])
def test_a_point_cloud_is_seen_from_above(structured: bool) -> None:
    points = np.array([(0, 0, 0), (10, 0, 1), (0, 5, 2), (math.nan, 0, 0)], "f4")
    about: dict[str, Any] = {"attributes": {"names": ["x", "y", "z"]}}
    if structured:
        points = points.view([("x", "f4"), ("y", "f4"), ("z", "f4")]).ravel()
        about = {}
    html = card(points[:0], points, max_size=100, **about)
    assert "4 points from above: x 0 to 10 →, y 0 to 5 ↑" in html
    (picture,) = pictures(html)
    assert picture.shape == (181, 360, 4)
    corners = np.array([picture[-1, 0], picture[-1, -1], picture[0, 0]], int)
    assert abs(corners[:, :3] - _raster.RAMP).max() <= 1, "blue, green and orange"
    assert not picture[90, 180].any(), "transparent"


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "0 points, none at a finite place"),
        ([(math.nan, math.inf, 0)], "1 point, none"),
        ([(5, 5, math.nan)], "1 point from above: x 5 to 5"),
        ([(-1e38, 0, 0), (1e38, 1, math.inf)], "2 points from above"),
    ],
)
def test_clouds_of_nothing_and_of_odd_numbers(points: Any, words: str) -> None:
    cloud = np.array(points, "f4").reshape(-1, 3)
    about = {"names": ["x", "y", "z"]}
    assert words in card(np.zeros((0, 3), "f4"), cloud, max_size=9, attributes=about)
