"""Plots, in one manner: bars on a logarithmic scale, and lines for what grows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from report.tables import digits

HIGHLIGHT, REST, FLOOR = "#c2410c", "#94a3b8", "#475569"


def bars(
    groups: Mapping[str, Mapping[str, float]],
    unit: str,
    ours: str,
    target: Path,
    floors: Sequence[str] = (),
    most_first: bool = False,
) -> None:
    """One panel a group, the best on top. floors are names that are no libraries."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - where it is installed

    shown = {title: {k: v for k, v in g.items() if v > 0} for title, g in groups.items()}
    shown = {title: g for title, g in shown.items() if g}
    if not shown:
        return
    columns = min(2, len(shown))
    lines = -(-len(shown) // columns)
    most = max(map(len, shown.values()))
    size = (6.5 * columns, (0.22 * most + 1.0) * lines)
    figure, axes = plt.subplots(lines, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, (title, group) in zip(axes.flat, shown.items(), strict=False):
        names = sorted(group, key=group.__getitem__, reverse=not most_first)
        plain = [n for n in names if n in floors or n.startswith("plain memory")]
        colours = [HIGHLIGHT if n == ours else FLOOR if n in plain else REST for n in names]
        axis.barh(names, [group[name] for name in names], color=colours)
        axis.set(xscale="log", title=title, xlabel=unit, ylim=(-0.7, len(names) - 0.3))
        axis.set_xlim(min(group.values()) / 2, max(group.values()) * 5)
        figures = [digits(group[name]) for name in names]
        axis.bar_label(axis.containers[0], figures, fontsize=7, padding=3)
        axis.tick_params(axis="y", labelsize=7)
        axis.minorticks_off()
        axis.grid(axis="x", alpha=0.3)
    save(figure, target)


def lines(
    series: Mapping[str, Mapping[int, float]],
    labels: tuple[str, str, str],
    ours: str,
    target: Path,
) -> None:
    """labels: the title, of x and of y. Both axes are logarithmic."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - where it is installed

    figure, axis = plt.subplots(figsize=(9, 5.5))
    colours = plt.get_cmap("tab20")
    for number, (name, points) in enumerate(series.items()):
        mine = name.startswith(ours)
        axis.plot(
            [*points],
            [*points.values()],
            marker="o" if number < 20 else "s",
            markersize=3,
            label=name,
            color=HIGHLIGHT if mine else colours(number % 20),
            linewidth=2.5 if mine else 1,
            linestyle="--" if mine and name != ours else "-",
        )
    axis.set(title=labels[0], xlabel=labels[1], ylabel=labels[2], xscale="log", yscale="log")
    ticks = sorted({x for points in series.values() for x in points})
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, target)


def save(figure: Any, target: Path) -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415 - where it is installed
    from PIL import Image  # noqa: PLC0415 - matplotlib needs it as well

    figure.tight_layout()
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=80)
    # A few colours are enough, and a third of the size.
    Image.open(drawn).convert("RGB").quantize(32).save(target.with_suffix(".png"), optimize=True)
    figure.savefig(target.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)
