"""Which topics are pictures, by ROS's names of encodings (sensor_msgs/image_encodings.hpp)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

SMALLEST: Final = 16
"""Rows and columns of a picture without an encoding: a smaller array is a matrix."""

_FORMATS: Final = frozenset({"jpeg", "jpg", "png", "webp", "avif"})

_BAYER: Final = ("rggb", "bggr", "gbrg", "grbg")
_ENCODINGS: Final = {  # dtype and channels
    **dict.fromkeys(("rgb8", "bgr8"), ("u1", 3)),
    **dict.fromkeys(("rgba8", "bgra8"), ("u1", 4)),
    **dict.fromkeys(("rgb16", "bgr16"), ("u2", 3)),
    **dict.fromkeys(("rgba16", "bgra16"), ("u2", 4)),
    **dict.fromkeys(("yuv422", "yuv422_yuy2", "uyvy", "yuyv"), ("u1", 2)),
    "mono8": ("u1", 1),
    "mono16": ("u2", 1),
    **{f"bayer_{order}8": ("u1", 1) for order in _BAYER},
    **{f"bayer_{order}16": ("u2", 1) for order in _BAYER},
}
_OPENCV: Final = re.compile("(8U|8S|16U|16S|32S|32F|64F)C([1-9][0-9]{0,3})?", re.ASCII)
_KINDS: Final = {"U": "u", "S": "i", "F": "f"}
_BY_CHANNELS: Final = {1: "mono8", 3: "rgb8", 4: "rgba8"}


class Picture(NamedTuple):
    """An image topic: ROS's encoding, its pixels, and the dtype of one channel ("u1")."""

    encoding: str
    height: int
    width: int
    channels: int
    dtype: str

    @property
    def step(self) -> int:
        """Bytes of a row."""
        return self.width * self.channels * int(self.dtype[1:])


class Compressed(NamedTuple):
    """A topic of compressed pictures: "jpeg", "png", or what another program wrote there."""

    format: str


def picture_of(
    dtype: str, shape: Sequence[int | None], attributes: Mapping[str, Any]
) -> Picture | None:
    """Return the picture that an array is: by its attribute `encoding` if that fits the array.

    Without one, uint8 of [h, w], [h, w, 3] and [h, w, 4], from 16 x 16 on, are mono8, rgb8 and
    rgba8.
    """
    if len(shape) not in (2, 3) or None in shape:
        return None
    height, width, channels = (*(n or 0 for n in shape), 1)[:3]
    encoding = attributes.get("encoding")
    if encoding is None:
        encoding = _BY_CHANNELS.get(channels)
        if (len(shape) == 3 and channels == 1) or dtype != "u1" or min(height, width) < SMALLEST:
            return None
    if encoding is None or pixel_of(encoding) != (dtype, channels):
        return None
    return Picture(encoding, height, width, channels, dtype)


def pixel_of(encoding: object) -> tuple[str, int] | None:
    """Return the dtype of a channel and the channels of an encoding; None: it is not known."""
    if not isinstance(encoding, str):
        return None
    found = _OPENCV.fullmatch(encoding)
    if found is None:
        return _ENCODINGS.get(encoding)
    bits, kind = found[1][:-1], found[1][-1]
    return f"{_KINDS[kind]}{int(bits) // 8}", int(found[2] or 1)


def compressed_of(kind: str, attributes: Mapping[str, Any]) -> Compressed | None:
    """Return what pictures a topic of bytes has, by its attribute `format` or `encoding`.

    It may be ROS's, such as "rgb8; jpeg compressed bgr8".
    """
    if kind != "bytes":
        return None
    for key in ("format", "encoding"):
        found = attributes.get(key)
        if isinstance(found, str) and _FORMATS & {*re.split("[; ]+", found.lower())}:
            return Compressed(found)
    return None
