"""Which topics are pictures and point clouds."""

from __future__ import annotations

from typing import Any

import pytest
from shm_pub_sub._clouds import Cloud, cloud_of
from shm_pub_sub._pictures import Compressed, Picture, compressed_of, picture_of


@pytest.mark.parametrize(
    ("dtype", "shape", "encoding", "expected"),
    [
        ("u1", [480, 640, 3], None, Picture("rgb8", 480, 640, 3, "u1")),
        ("u1", [480, 640, 4], None, Picture("rgba8", 480, 640, 4, "u1")),
        ("u1", [480, 640], None, Picture("mono8", 480, 640, 1, "u1")),
        ("u1", [16, 16], None, Picture("mono8", 16, 16, 1, "u1")),
        ("u1", [480, 640, 3], "bgr8", Picture("bgr8", 480, 640, 3, "u1")),
        ("u1", [4, 4, 3], "bgr8", Picture("bgr8", 4, 4, 3, "u1")),
        ("u1", [480, 640, 1], "mono8", Picture("mono8", 480, 640, 1, "u1")),
        ("u2", [480, 640], "mono16", Picture("mono16", 480, 640, 1, "u2")),
        ("u2", [480, 640], "16UC1", Picture("16UC1", 480, 640, 1, "u2")),
        ("f4", [480, 640], "32FC1", Picture("32FC1", 480, 640, 1, "f4")),
        ("f4", [480, 640, 5], "32FC5", Picture("32FC5", 480, 640, 5, "f4")),
        ("i1", [480, 640], "8SC", Picture("8SC", 480, 640, 1, "i1")),
        ("u1", [480, 640], "bayer_rggb8", Picture("bayer_rggb8", 480, 640, 1, "u1")),
        ("u1", [480, 640, 2], "yuyv", Picture("yuyv", 480, 640, 2, "u1")),
        ("u1", [15, 640, 3], None, None),
        ("u1", [480, 15], None, None),
        ("u1", [480, 640, 1], None, None),
        ("u1", [480, 640, 2], None, None),
        ("u1", [480], None, None),
        ("u1", [480, 640, 3, 1], None, None),
        ("u1", [None, 640, 3], None, None),
        ("b1", [480, 640, 3], None, None),
        ("u2", [480, 640], None, None),
        ("f4", [480, 640], None, None),
        ("u1", [480, 640, 3], "rgba8", None),
        ("u1", [480, 640, 3], "mono16", None),
        ("u1", [480, 640, 3], "RGB", None),
        ("u1", [480, 640, 3], 8, None),
        ("u1", [480, 640, 3], ["rgb8"], None),
        ("u1", [480, 640, 3], "8UC\u0663", None),
    ],
)
def test_an_array_is_a_picture_by_its_encoding_or_its_shape(
    dtype: str, shape: list[int | None], encoding: object, expected: Picture | None
) -> None:
    attributes = {} if encoding is None else {"encoding": encoding}
    assert picture_of(dtype, shape, attributes) == expected


def test_a_row_has_the_bytes_of_its_pixels() -> None:
    assert Picture("rgb16", 2, 5, 3, "u2").step == 30


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        ("bytes", {"format": "jpeg"}, Compressed("jpeg")),
        ("bytes", {"encoding": "PNG"}, Compressed("PNG")),
        (
            "bytes",
            {"format": "rgb8; jpeg compressed bgr8"},
            Compressed("rgb8; jpeg compressed bgr8"),
        ),
        ("bytes", {"format": "h264"}, None),
        ("bytes", {"format": 1}, None),
        ("bytes", {}, None),
        ("text", {"format": "jpeg"}, None),
    ],
)
def test_bytes_are_pictures_if_an_attribute_says_so(
    kind: str, attributes: dict[str, Any], expected: Compressed | None
) -> None:
    assert compressed_of(kind, attributes) == expected


def cloud(fields: str, shape: str = "[null]", size: int = 16) -> str:
    record = f'{{"kind":"record","size":{size},"fields":[{fields}]}}'
    return f'{{"kind":"array","dtype":{record},"shape":{shape},"max":9}}'


XYZ = '["x","<f4",0],["y","<f4",4],["z","<f4",8]'
THREE = (("x", "f4", 0), ("y", "f4", 4), ("z", "f4", 8))


@pytest.mark.parametrize(
    ("descriptor", "names", "expected"),
    [
        (cloud(XYZ), None, Cloud(THREE, 16)),
        (cloud(XYZ, "[3]"), None, Cloud(THREE, 16)),
        (cloud(XYZ + ',["i","<u1",12]'), None, Cloud((*THREE, ("i", "u1", 12)), 16)),
        (
            cloud(XYZ + ',["n",{"kind":"array","dtype":"<f4","shape":[3]},12]', size=24),
            None,
            Cloud(THREE, 24),
        ),
        (cloud(XYZ, "[3,3]"), None, None),
        (cloud('["x","<f4",0],["y","<f4",4]'), None, None),
        (cloud('["x","<c8",0],["y","<f4",8],["z","<f4",12]'), None, None),
        ('{"kind":"array","dtype":"<f4","shape":[9,3]}', ["x", "y", "z"], Cloud(THREE, 12)),
        (
            '{"kind":"array","dtype":"<f8","shape":[null,4],"max":9}',
            ["x", "y", "z", "i"],
            Cloud((("x", "f8", 0), ("y", "f8", 8), ("z", "f8", 16), ("i", "f8", 24)), 32),
        ),
        ('{"kind":"array","dtype":"<f4","shape":[9,3]}', None, None),
        ('{"kind":"array","dtype":"<f4","shape":[9,3]}', ["x", "z", "y"], None),
        ('{"kind":"array","dtype":"<f4","shape":[9,3]}', "xyz", None),
        ('{"kind":"array","dtype":"<f4","shape":[9,4]}', ["x", "y", "z"], None),
        ('{"kind":"array","dtype":"<f4","shape":[9,4]}', ["x", "y", "z", "z"], None),
        ('{"kind":"array","dtype":"<f4","shape":[9,4]}', ["x", "y", "z", 1], None),
        ('{"kind":"array","dtype":"<f4","shape":[9,4]}', ["x", "y", "z", [1]], None),
        ('{"kind":"array","dtype":"<i4","shape":[9,3]}', ["x", "y", "z"], None),
        ('{"kind":"array","dtype":"<f4","shape":[3]}', ["x", "y", "z"], None),
        ('{"kind":"bytes","max":3}', ["x", "y", "z"], None),
        ("float", ["x", "y", "z"], None),
    ],
)
def test_a_cloud_has_points_with_x_y_and_z(
    descriptor: str, names: object, expected: Cloud | None
) -> None:
    assert cloud_of(descriptor, {} if names is None else {"names": names}) == expected
