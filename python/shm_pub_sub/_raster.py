"""Arrays as small PNG or JPEG files, for notebooks. Each function imports numpy.

A frame of any size costs a few milliseconds: all but every nth row and column is left out first.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any, NamedTuple

WIDEST, HIGHEST = 640, 480
"""Pixels of a picture."""

CRISP = 65_536
"""Pixels up to which a picture is a PNG: exact, and small anyhow."""

QUALITY = 85
"""Of a JPEG."""

SAMPLE = 20_000
"""Elements by which grey values are chosen."""

SIDE, LEAST_SIDE = 360, 60
"""Pixels of a top view's longer side, and of the shorter one at least."""

MOST_POINTS = 50_000
"""Points of a top view; of more, every nth is drawn."""

FARTHEST = 1e150
"""Of a top view's points: differences are finite."""

RAMP = ((0x1F, 0x8F, 0xE0), (0x35, 0xA8, 0x4A), (0xF0, 0x7F, 0x13))
"""From low to high: blue, green, orange, each readable on white and on black."""

_COLOURS = {"rgb": (0, 1, 2), "rgba": (0, 1, 2), "bgr": (2, 1, 0), "bgra": (2, 1, 0)}


class File(NamedTuple):
    """A picture as a file."""

    mime: str
    data: bytes
    width: int
    height: int
    low: float = math.nan
    """The element that is black, or blue; NaN if elements are shown as they are."""
    high: float = math.nan
    """The one that is white, or orange."""


def frame(pixels: Any, encoding: str, widest: int = WIDEST, highest: int = HIGHEST) -> File:
    """Return a frame as a picture of at most widest times highest pixels.

    Args:
        pixels: An array of shape [height, width] or [height, width, channels].
        encoding: ROS's name for what they are, such as rgb8, bgra8, mono16 or 32FC1. Alpha is
            left out. What is no colour is grey, of several channels the first, or luma; numbers
            that are no bytes are scaled from their first to their 99th percentile.
    """
    import numpy

    height, width = pixels.shape[:2]
    step = max(math.ceil(width / widest), math.ceil(height / highest), 1)
    order = _COLOURS.get(encoding.rstrip("0123456789"))
    if pixels.ndim == 3 and order is None:
        luma = 1 if encoding in ("uyvy", "yuv422") else 0
        pixels = pixels[:, :, min(luma, pixels.shape[2] - 1)]
    if pixels.dtype.name == "uint16" and order is not None:
        pixels = (pixels[::step, ::step] >> 8).astype("u1")
        step = 1
    if pixels.dtype.name != "uint8":
        grey, low, high = _grey(pixels[::step, ::step], numpy)
        return _file(grey, numpy, low, high)
    small = _shrunk(pixels, step, numpy)
    return _file(small if order is None else small[:, :, list(order)], numpy)


def top_view(x: Any, y: Any, z: Any) -> tuple[File, tuple[float, float, float, float]] | None:
    """Return points seen from above, x to the right and y up, coloured by height.

    Beside the picture it returns the limits of x and of y. None without a point at a finite place.
    """
    import numpy

    step = math.ceil(max(len(x), 1) / MOST_POINTS)
    x, y, z = (floats(each[::step]) for each in (x, y, z))
    near = (abs(x) < FARTHEST) & (abs(y) < FARTHEST)  # and no NaN
    x, y, z = x[near], y[near], z[near]
    if not len(x):
        return None
    left, right, bottom, top = (float(each) for each in (x.min(), x.max(), y.min(), y.max()))
    span = max(right - left, top - bottom)
    scale = (SIDE - 2) / span if span > 1e-300 else 0.0
    columns, rows = ((each * scale).astype(int) for each in (x - left, top - y))
    width, height = (int(each.max()) + 2 for each in (columns, rows))
    canvas = numpy.zeros((max(height, LEAST_SIDE), max(width, LEAST_SIDE), 4), "u1")
    rows += (canvas.shape[0] - height) // 2
    columns += (canvas.shape[1] - width) // 2
    low, high = _range(z, numpy)
    colours = _ramp(_levels(z, low, high, numpy), numpy)
    order = numpy.argsort(z, kind="stable")  # the highest is seen
    rows, columns, colours = rows[order], columns[order], colours[order]
    for down, aside in ((0, 0), (0, 1), (1, 0), (1, 1)):  # a point is 2 times 2 pixels
        canvas[rows + down, columns + aside] = colours
    file = File("image/png", png(canvas), canvas.shape[1], canvas.shape[0], low, high)
    return file, (left, right, bottom, top)


def floats(values: Any) -> Any:
    """Return numbers as float64; signalling NaN warn of nothing."""
    import numpy

    with numpy.errstate(all="ignore"):
        return values.astype("f8")


def _ramp(levels: Any, numpy: Any) -> Any:
    """Return opaque colours of the ramp for levels from 0 to 255."""
    table = numpy.full((256, 4), 255, "u1")
    for channel in range(3):
        stops = [colour[channel] for colour in RAMP]
        table[:, channel] = numpy.interp(numpy.arange(256), [0, 127, 255], stops)
    return table[levels]


def _grey(values: Any, numpy: Any) -> tuple[Any, float, float]:
    low, high = _range(values, numpy)
    return _levels(values, low, high, numpy), low, high


def _range(values: Any, numpy: Any) -> tuple[float, float]:
    """Return the limits of almost all values; equal ones if none is finite."""
    sample = floats(values.ravel()[:: values.size // SAMPLE + 1])
    sample = sample[numpy.isfinite(sample)]
    if not sample.size:
        return 0.0, 0.0
    low, high = numpy.percentile(sample, (1, 99)).tolist()
    return low, high


def _levels(values: Any, low: float, high: float, numpy: Any) -> Any:
    """Return values as 0 to 255; NaN is 0."""
    span = high - low
    if not 0 < span < math.inf:
        return numpy.zeros(values.shape, "u1")
    with numpy.errstate(all="ignore"):
        scaled = (values.astype("f8") - low) * (255 / span)
    return numpy.nan_to_num(scaled.clip(0, 255).round(), nan=0.0).astype("u1")


def _shrunk(pixels: Any, step: int, numpy: Any) -> Any:
    """Return every nth pixel: of four that are half as far apart the mean, which aliases less."""
    if step == 1 or min(pixels.shape[:2]) < step:
        return numpy.ascontiguousarray(pixels[::step, ::step])
    height, width = (n // step * step for n in pixels.shape[:2])
    half = step // 2
    total = sum(
        pixels[down:height:step, right:width:step].astype("u2")
        for down in (0, half)
        for right in (0, half)
    )
    return (total >> 2).astype("u1")


def _file(pixels: Any, numpy: Any, low: float = math.nan, high: float = math.nan) -> File:
    pixels = numpy.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    jpeg = None if width * height <= CRISP else _jpeg(pixels)
    if jpeg is not None:
        return File("image/jpeg", jpeg, width, height, low, high)
    return File("image/png", png(pixels), width, height, low, high)


def _jpeg(pixels: Any) -> bytes | None:
    """Return a JPEG file; None without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return None
    from io import BytesIO

    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def png(pixels: Any) -> bytes:
    """Return an array of bytes of shape [height, width], [.., 3] or [.., 4] as a PNG file.

    Greyscale, RGB or RGBA, by PNG's specification (RFC 2083).
    """
    import numpy

    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = pixels.reshape(height, width * channels)
    lines: Any = numpy.empty((height, width * channels + 1), "u1")
    lines[:, 0] = 2  # of each byte the one above is subtracted
    lines[0, 1:] = rows[0]
    numpy.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    kind = {1: 0, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))
        for tag, data in parts
    )
