"""Plots of pictures: no curve is drawn."""

import numpy as np
from shm_pub_sub import Publisher
from shm_pub_sub._plot.collector import Collector
from shm_pub_sub._plot.live import Plot


class Still(Plot):
    running = True

    def stop(self) -> None: ...

    def _show(self) -> None: ...


def test_a_plot_of_a_picture_has_its_name() -> None:
    pixels = np.zeros((20, 20, 3), "u1")
    with Publisher("camera", pixels) as publisher:
        publisher.publish(pixels)
        collector = Collector(["camera"], 5.0)
        collector.poll()
        assert repr(Still(collector)) == "<Plot of 'camera', running; .stop() ends it>"
        collector.close()
