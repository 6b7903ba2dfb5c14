"""What a bridge tells of itself: topics bridge/NAME/... on its machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .._errors import ExistsError
from .._publisher import Publisher

ROOT = "bridge"


class About(NamedTuple):
    """One of a bridge's topics."""

    default: int | float | str
    unit: str
    description: str


TOPICS = {
    "connected": About(0, "", "other bridges that are there"),
    "peers": About("", "", "their names, a line each"),
    "sent": About(0, "", "values sent, to each receiver"),
    "received": About(0, "", "values received and published here"),
    "skipped": About(0, "", "values not received, as newer ones were there"),
    "lost": About(0, "", "values not received, of topics of which every value is sent"),
    "refused": About(0, "", "values received that could not be published here"),
    "rtt": About(0.0, "s", "round trip to the farthest bridge"),
}
PERIOD = 1.0
"""Seconds between updates; a change of bridges comes at once."""
MAX_PEERS = 1 << 14
"""Bytes of the names of other bridges; those that do not fit are left out."""


class Status:
    """The topics of one bridge.

    Args:
        name: Of the bridge.
        directory: Of the topics.
        mode: Their permissions.

    Raises:
        ExistsError: The machine has a bridge of this name.
    """

    def __init__(self, name: str, directory: str, mode: int) -> None:
        self._publishers: dict[str, Publisher] = {}
        try:
            for topic, (default, unit, description) in TOPICS.items():
                self._publishers[topic] = Publisher(
                    f"{ROOT}/{name}/{topic}",
                    default,
                    mode=mode,
                    max_size=MAX_PEERS if topic == "peers" else None,
                    directory=directory,
                    bridged=True,  # another machine has its own
                    unit=unit,
                    description=description,
                )
        except BaseException as error:
            self.close()
            if isinstance(error, ExistsError):
                raise ExistsError(
                    f"bridge {name!r}: found a bridge of this name on this machine; expected "
                    f"another one; pass --name (name=), or end that one: {error}"
                ) from None
            raise

    def update(self, peers: Iterable[str], counts: dict[str, int], rtt: float | None) -> None:
        """Publish how the bridge does now."""
        names = sorted(peers)
        self._publishers["connected"].publish(len(names))
        self._publishers["peers"].publish(_lines(names))
        for topic, count in counts.items():
            self._publishers[topic].publish(count)
        if rtt is not None:
            self._publishers["rtt"].publish(rtt)

    def close(self) -> None:
        """Remove the topics. Idempotent."""
        for publisher in self._publishers.values():
            publisher.close()


def _lines(names: list[str]) -> str:
    text = "\n".join(names)
    if len(text.encode()) <= MAX_PEERS:
        return text
    return text.encode()[:MAX_PEERS].decode(errors="ignore").rpartition("\n")[0]
