"""Where people see metadata: cards, tables and plots. It is untrusted text there."""

from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, TopicInfo, inspect
from shm_pub_sub._cli.screen.braille import picture
from shm_pub_sub._metadata import shown
from shm_pub_sub._plot.chart import chart
from shm_pub_sub._plot.collector import Collector
from support.waiting import until

SPEED: dict[str, Any] = {
    "unit": "m/s",
    "description": "Speed of the left wheel",
    "attributes": {"frame_id": "base_link", "range": [-5, 5.5]},
}
HOSTILE: dict[str, Any] = {
    "unit": "<b>\x1b[2J\u202e",
    "description": "<script>\x07</script>" * 50,
    "attributes": {"<i>\n": "\x1b]0;title\x07"},
}


def collected(*topics: str, value: float = 1.5) -> Collector:
    collector = Collector(topics, 10.0)

    def all_are_there() -> bool:
        collector.poll()
        return all(curve.newest == value and curve.unit for curve in collector.curves)

    until(all_are_there)
    return collector


def test_lines_for_people() -> None:
    fields = {
        "ax": {"unit": "m/s^2", "description": "forward"},
        "arm": {"fields": {"x": {"unit": "m"}, "y": {}}},
        "name": {},
    }
    assert shown(SPEED | {"fields": fields}) == {
        "unit": ["m/s"],
        "description": ["Speed of the left wheel"],
        "attributes": ["frame_id: base_link", "range: [-5, 5.5]"],
        "fields": ["ax: m/s^2, forward", "arm.x: m"],
    }
    assert shown({}) == shown({"unit": "", "attributes": {}}) == {}


def test_cards_and_tables_show_it() -> None:
    with Publisher("topic", 0.0, **SPEED) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.5)
        for card in (pub._repr_html_(), sub._repr_html_()):
            assert ">1.5 m/s</span>" in card
            assert ">Speed of the left wheel</div>" in card
            assert ">frame_id: base_link · range: [-5, 5.5]</div>" in card
        table = inspect("topic")._repr_html_()
        for words in ("m/s", "Speed of the left wheel", "frame_id: base_link; range: [-5, 5.5]"):
            assert f">{words}</td>" in table
        assert "metadata" not in table


def test_topics_without_it_show_nothing_of_it() -> None:
    with Publisher("topic", 0.0) as pub:
        pub.publish(1.5)
        assert ">1.5</span>" in pub._repr_html_()
        for part in ("unit", "description", "attributes", "metadata"):
            assert part not in inspect("topic")._repr_html_()


def test_a_plot_of_one_topic_has_its_description_and_unit() -> None:
    with Publisher("topic", 0.0, **SPEED) as pub:
        pub.publish(1.5)
        collector = collected("topic")
        html = chart(collector, live=False)
        assert "<b>Speed of the left wheel</b>" in html
        assert 'rotate(-90)">m/s</text>' in html
        assert "topic: 1.5 m/s" in html
        lines = picture(collector, collector.now(), 80, 20, ascii_only=True)
        assert lines[0].startswith("topic: 1.5 m/s")
        collector.close()


def test_a_plot_of_several_has_a_unit_on_its_axis_only_if_all_share_it() -> None:
    with (
        Publisher("left", 0.0, **SPEED) as left,
        Publisher("right", 0.0, unit="m/s") as right,
        Publisher("arm", 0.0, unit="rad") as arm,
    ):
        for pub in (left, right, arm):
            pub.publish(1.5)
        for topics, unit in [(["left", "right"], "m/s"), (["left", "arm"], "")]:
            collector = collected(*topics)
            html = chart(collector, live=False)
            assert ("rotate(-90)" in html) == bool(unit)
            assert "Speed of the left wheel" not in html, "it is one of several topics'"
            collector.close()


def test_a_figure_has_them_literally() -> None:
    pytest.importorskip("matplotlib")
    from shm_pub_sub._plot.figure import Drawing  # noqa: PLC0415 - it is slow to import

    with Publisher("topic", 0.0, unit="$m/s^2$", description="$\\frac{") as pub:
        pub.publish(1.5)
        collector = collected("topic")
        drawing = Drawing(collector)
        drawing.draw()
        drawing.figure.canvas.draw()  # a wrong formula would raise
        axes = drawing.figure.axes[0]
        assert (axes.get_ylabel(), axes.get_title()) == ("$m/s^2$", "$\\frac{")
        collector.close()


def test_a_curve_keeps_the_unit_of_a_publisher_that_has_gone() -> None:
    with Publisher("topic", 0.0, unit="m/s") as pub:
        pub.publish(1.5)
        collector = collected("topic")
    until(lambda: collector.poll() and not collector.curves[0].alive)
    assert collector.curves[0].unit == "m/s"
    collector.close()


def test_hostile_text_is_escaped_everywhere() -> None:
    with Publisher("topic", 0.0, **HOSTILE) as pub:
        pub.publish(1.5)
        collector = collected("topic")
        topic: TopicInfo = inspect("topic")
        for html in (pub._repr_html_(), topic._repr_html_(), chart(collector, live=False)):
            assert not any(tag in html for tag in ("<b>\\", "<script", "<i>"))
            assert html.replace("\n", "").isprintable()
        lines = picture(collector, collector.now(), 80, 20, ascii_only=True)
        assert all(line.isprintable() for line in lines)
        collector.close()
