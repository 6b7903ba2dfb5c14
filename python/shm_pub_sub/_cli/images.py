"""Pictures from files, for `pub --image`."""

from __future__ import annotations

from typing import Any, NamedTuple

from shm_pub_sub._extras import import_extra
from shm_pub_sub._pictures import Picture, picture_of
from shm_pub_sub._spec import Spec

from .values import NotAValue

_ENCODINGS = {"L": "mono8", "RGB": "rgb8", "RGBA": "rgba8", "I;16": "mono16", "F": "32FC1"}
"""What a picture of a mode of Pillow's becomes."""
_MODES = {
    **dict.fromkeys(("mono8", "8UC1"), "L"),
    **dict.fromkeys(("mono16", "16UC1"), "I;16"),
    **dict.fromkeys(("rgb8", "bgr8", "8UC3"), "RGB"),
    **dict.fromkeys(("rgba8", "bgra8", "8UC4"), "RGBA"),
    "32FC1": "F",
}
"""The mode that a picture of an encoding is made from."""
_BACKWARDS = {"bgr8": "BGR", "bgra8": "BGRA", "8UC3": "BGR", "8UC4": "BGRA"}  # as OpenCV has them
_TYPES = {"L": ("u1", ()), "I;16": ("u2", ()), "F": ("f4", ()), "RGB": ("u1", (3,))}
_TYPES["RGBA"] = ("u1", (4,))


class Image(NamedTuple):
    """Pixels as a topic has them."""

    spec: Spec
    encoding: str
    pixels: bytes


def image_of(path: str, topic: str, known: Spec | None, attributes: dict[str, Any]) -> Image:
    """Return the picture in a file, turned upright.

    Args:
        path: A file that Pillow reads.
        topic: The topic's name, for errors.
        known: The type of the topic that is there; the picture gets its encoding.
        attributes: That topic's.

    Raises ImportError without Pillow, NotAValue if the file has no picture or not one of the
    topic's size, and OSError if it cannot be read.
    """
    import_extra("PIL")  # the first to fail
    pillow, turned = import_extra("PIL.Image"), import_extra("PIL.ImageOps").exif_transpose
    try:
        with pillow.open(path) as opened:
            found = _plain(turned(opened))
    except pillow.UnidentifiedImageError:
        raise NotAValue(f"{path}: found no picture; expected a file such as PNG or JPEG") from None
    except (pillow.DecompressionBombError, SyntaxError, ValueError) as error:
        raise NotAValue(f"{path}: {error}") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise NotAValue(f"{path}: {error}") from None  # it is cut off
    width, height = found.size
    encoding = _ENCODINGS[found.mode]
    if known is not None:
        is_array = known.kind == "array" and known.record is None
        picture = picture_of(known.dtype, known.shape, attributes) if is_array else None
        _check(path, topic, known, picture, width, height)
        assert picture is not None
        encoding = picture.encoding
    pixels = _pixels(found, encoding)
    dtype, channels = _TYPES[_MODES[encoding]]
    spec = known or Spec("array", list, None, dtype=dtype, shape=(height, width, *channels))
    return Image(spec, encoding, pixels)


def _check(
    path: str, topic: str, known: Spec, picture: Picture | None, width: int, height: int
) -> None:
    """Raise NotAValue if the picture is none for the topic."""
    remedy = f"rename it, or remove the topic: `shm-pub-sub rm {topic}`"
    if picture is None or picture.encoding not in _MODES:
        what = f"{known}" + (f" with the encoding {picture.encoding}" if picture else "")
        raise NotAValue(
            f"{path}: found a topic {topic!r} of {what}; expected pictures of one of "
            f"{', '.join(_MODES)}; {remedy}"
        )
    if (picture.width, picture.height) != (width, height):
        raise NotAValue(
            f"{path}: found {width} x {height} pixels; expected {picture.width} x {picture.height},"
            f" as the topic {topic!r} is of {known}; resize the picture, {remedy}"
        )


def _plain(image: Any) -> Any:
    """Return an image in one of _ENCODINGS' modes, with what can be seen of it."""
    if image.mode in _ENCODINGS:
        return image
    if image.mode.startswith("I"):
        return image.convert("I").convert("I;16")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _pixels(image: Any, encoding: str) -> bytes:
    mode = _MODES[encoding]
    if mode == "I;16" and image.mode != mode:
        image = image.convert("L").convert("I").point(lambda v: v * 257)
    elif image.mode == "I;16" and mode != "I;16":
        image = image.convert("I").point(lambda v: v * (1 / 257) + 0.5).convert("L")
    pixels: bytes = image.convert(mode).tobytes("raw", _BACKWARDS.get(encoding, mode))
    return pixels
