"""What a notebook shows of a topic's newest value: a picture, a top view, a curve, a table."""

from __future__ import annotations

import math
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from . import _html, _raster
from ._bare import elements
from ._brief import FEW, brief
from ._clouds import cloud_of
from ._frame import Steps, columns_of
from ._numpy import is_array
from ._paths import part
from ._pictures import compressed_of, picture_of
from ._spec import Spec
from ._svg import sparkline
from ._text import number, size


class Shown(NamedTuple):
    """A value as it is shown: a picture, or a curve."""

    html: str
    data: bytes = b""
    """The picture's file."""
    format: str = ""
    """Of the file: png, jpeg or webp."""
    points: Sequence[float] = ()
    """The curve's, over their index; NaN is a gap."""
    note: str = ""
    """A line below it, which the HTML has."""


View = Callable[[Any], Shown | None]
"""From a value to what is shown; None if it cannot be, as without numpy."""

LARGEST_FILE = 2 << 20
"""Bytes of a compressed picture that is put into a notebook."""

MOST_FIELDS = 60
"""Rows of a table."""

SMALL = 160
"""Pixels of a picture in a table, and from which on pixels are not enlarged."""

CURVE_WIDTH, CURVE_HEIGHT = 480, 80

_SIGNATURES = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png", b"RIFF": "webp"}


def view_of(spec: Spec, descriptor: str, attributes: Mapping[str, Any]) -> View | None:
    """Return how values of a type are shown; None: as text, or as a table if it is a record."""
    if compressed_of(spec.kind, attributes):
        return _compressed
    if descriptor and cloud_of(descriptor, attributes):
        return cloud
    if spec.kind == "array" and spec.record is None:
        picture = picture_of(spec.dtype, spec.shape, attributes)
        if picture is not None:
            return partial(_picture, encoding=picture.encoding)
    return curve if is_curve(spec) else None


def is_curve(spec: Spec) -> bool:
    """Report whether a value is drawn over its index: numbers of one axis, but not FEW."""
    if spec.record is not None or spec.dtype.startswith("c"):
        return False
    if spec.kind == "list":
        return True
    return spec.kind == "array" and len(spec.shape) == 1 and not 0 <= (spec.shape[0] or -1) <= FEW


def _picture(value: Any, encoding: str, widest: int = _raster.WIDEST) -> Shown | None:
    if not is_array(value):
        return None
    height, width = value.shape[:2]
    file = _raster.frame(value, encoding, widest)
    about = f"{width} x {height}, {encoding}"
    note = "" if file.low != file.low else f"black {file.low:.4g}, white {file.high:.4g}"
    return _image(file, about, note)


def _compressed(value: Any) -> Shown | None:
    data = bytes(value[: LARGEST_FILE + 1])
    kind = next((kind for begin, kind in _SIGNATURES.items() if data.startswith(begin)), None)
    if kind is None or len(data) > LARGEST_FILE or (kind == "webp" and data[8:12] != b"WEBP"):
        return None
    style = f"max-width:min(100%,{_raster.WIDEST}px);max-height:{_raster.HIGHEST}px"
    note = f"{kind}, {size(len(data))}"
    html = _html.image(_data_uri(f"image/{kind}", data), f"a {kind} file", style, note)
    return Shown(html, data, kind, note=note)


def cloud(value: Any) -> Shown | None:
    """Return points as they are seen from above."""
    if not is_array(value):
        return None
    names = value.dtype.names
    axes = [value[axis] if names else value[:, n] for n, axis in enumerate("xyz")]
    found = _raster.top_view(*axes)
    points = f"{len(value):,} point{'' if len(value) == 1 else 's'}"
    if found is None:
        note = f"{points}, none at a finite place"
        return Shown(_html.note(note), note=note)
    file, (left, right, bottom, top) = found
    note = (
        f"{points} from above: x {left:.3g} to {right:.3g} →, y {bottom:.3g} to {top:.3g} ↑, "
        f"z {file.low:.3g} (blue) to {file.high:.3g} (orange)"
    )
    return _image(file, f"{points} from above", note, framed=True)


def _image(file: _raster.File, about: str, note: str = "", framed: bool = False) -> Shown:
    """Return a picture; small ones are enlarged by a whole number."""
    zoom = 1 if framed else max(SMALL // max(file.width, file.height), 1)
    style = f"width:{file.width * zoom}px;max-width:100%"
    style += ";image-rendering:pixelated" if zoom > 1 else ""
    html = _html.image(_data_uri(file.mime, file.data), about, style, note, framed)
    return Shown(html, file.data, file.mime.removeprefix("image/"), note=note)


def _data_uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{b64encode(data).decode()}"


def curve(value: Any, width: int = CURVE_WIDTH, height: int = CURVE_HEIGHT) -> Shown:
    """Return numbers as a curve over their index."""
    points, what = reduced(value, width), f"{len(value)} elements over their index"
    return Shown(sparkline(points, width, height, what), points=points)


def reduced(value: Any, most: int) -> Sequence[float]:
    """Return numbers as at most 2 * most floats that look like them: of many, the extremes."""
    if not is_array(value):
        values = elements(value) if isinstance(value, memoryview) else [*value]
        values = values[:: len(values) // (2 * most) + 1]
        return [float(v) if v - v == 0 else math.nan for v in values]
    numpy = sys.modules["numpy"]
    if len(value) > 2 * most:
        starts = numpy.arange(0, len(value), math.ceil(len(value) / most))
        with numpy.errstate(all="ignore"):  # signalling NaN
            extremes = [each.reduceat(value, starts) for each in (numpy.fmin, numpy.fmax)]
        value = numpy.column_stack(extremes).ravel()
    points = _raster.floats(value)
    points[~numpy.isfinite(points)] = math.nan
    found: list[float] = points.tolist()
    return found


class Row(NamedTuple):
    """A row of a record's table."""

    name: str
    steps: Steps
    spec: Spec
    unit: str
    description: str
    view: View | None

    @property
    def is_number(self) -> bool:
        return self.spec.is_number or (
            self.spec.kind == "scalar" and not self.spec.dtype.startswith("c")
        )

    @property
    def type(self) -> type:
        """Of a number in Python."""
        kind = (self.spec.dtype or self.spec.kind)[0]
        return {"b": bool, "f": float}.get(kind, int)


def about(metadata: Mapping[str, Any], steps: Sequence[str | int]) -> Mapping[str, Any]:
    """Return the metadata of a part; that of an array is its elements', too."""
    for step in steps:
        if isinstance(step, str):
            metadata = metadata.get("fields", {}).get(step, {})
    return metadata


def rows_of(spec: Spec, metadata: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a table of a value's parts: the columns of its DataFrame."""
    found = []
    for name, steps, each in columns_of(spec):
        said = about(metadata, steps)
        view = view_of(each, "", said.get("attributes", {}))
        if isinstance(view, partial):
            view = partial(view, widest=SMALL)
        elif view is curve:
            view = partial(curve, width=2 * SMALL, height=SMALL // 4)
        unit, description = said.get("unit", ""), said.get("description", "")
        label = f"{name} {_element_name(said, steps)}".rstrip()
        found.append(Row(label, steps, each, unit, description, view))
    return found


def _element_name(said: Mapping[str, Any], steps: Steps) -> str:
    """Return what the attribute `names` says of an element."""
    names = said.get("attributes", {}).get("names")
    last = steps[-1] if steps else ""
    if isinstance(last, str) or not isinstance(names, list) or last >= len(names):
        return ""
    return names[last] if isinstance(names[last], str) else ""


def table(rows: Sequence[Row], value: Any, kept: Mapping[str, Sequence[Any]]) -> str:
    """Return a table of a value's parts, with a sparkline of the values kept of each number."""
    lines = []
    for row in rows[:MOST_FIELDS]:
        found = part(value, row.steps)
        text = number(found) if row.is_number else str(brief(found))
        shown = sparkline(kept.get(row.name, ()), SMALL, SMALL // 8) if row.is_number else ""
        if row.view is not None:
            shown = part_shown.html if (part_shown := row.view(found)) else ""
        lines.append((row.name, f"{text} {row.unit}".rstrip(), row.description, shown))
    more = len(rows) - MOST_FIELDS
    return _html.record(lines) + (_html.note(f"and {more} more") if more > 0 else "")
