"""`play`: publish a recording's values at the recorded pace."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

from shm_pub_sub import RecordingError, TopicNotFoundError, inspect
from shm_pub_sub._descriptors import open_as_many_as_allowed
from shm_pub_sub._patterns import Selection
from shm_pub_sub._recording import mcap_format
from shm_pub_sub._recording.player import Player, Prefetcher, looped_batches
from shm_pub_sub._text import counted, duration, listed

from ..arguments import add_option, positive_factor, positive_seconds
from ..keys import Keys, is_terminal
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, log, print_json
from ..playback import Playback
from ..streams import exit_on_signal, on_termination
from ..topics import ALL, FILE, PATTERNS, add_exclude, selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shm_pub_sub._recording.reader import Recording
    from shm_pub_sub._recording.tracks import Track

EXPECTED = "expected messages of ROS 2 (ros2msg and cdr), or JSON with a number as value"
SEE = "`shm-pub-sub recording info` lists them"
GIL_SWITCH_INTERVAL = 0.0001
"""Seconds that a thread may hold the GIL: sys.setswitchinterval()."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=FILE)
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help=PATTERNS + ALL)
    add_exclude(parser)
    parser.add_argument(
        "--speed",
        metavar="FACTOR",
        type=positive_factor,
        default=1.0,
        help="2 plays twice as fast, 0.5 half as fast (default: 1)",
    )
    parser.add_argument("-l", "--loop", action="store_true", help="repeat until Ctrl-C")
    parser.add_argument(
        "--start-paused", action="store_true", help="wait for a key: space plays, . steps"
    )
    parser.add_argument(
        "--skip-gaps", action="store_true", help="shorten gaps of more than a minute to a second"
    )
    parser.add_argument(
        "--start-offset",
        metavar="SECONDS",
        type=positive_seconds,
        default=0.0,
        help="start this far into the recording",
    )
    add_option(parser, "duration", "exit after SECONDS of the recording (default: play to its end)")
    parser.add_argument(
        "-m",
        "--remap",
        metavar="OLD:=NEW",
        type=_remapping,
        action="append",
        default=[],
        help="publish the topic OLD, a name and no pattern, as NEW; may be repeated",
    )


def _remapping(text: str) -> tuple[str, str]:
    old, sign, new = text.partition(":=")
    if not (old and sign and new):
        raise argparse.ArgumentTypeError(f"found {text!r}; expected two names, OLD:=NEW")
    return old, new


def run(options: argparse.Namespace) -> int:
    """Play a recording. On a terminal, space pauses, . steps and q ends."""
    if options.start_paused and not is_terminal():
        log("play --start-paused: found no terminal; expected one, for the keys")
        return EXIT_USAGE
    mcap_format.check_installed()
    from shm_pub_sub._recording.reader import Recording

    try:
        with closing(Recording(options.file)) as recording:
            return _run(recording, options)
    except OSError as error:
        if error.filename is None:
            error.filename = str(options.file)
        raise


def _run(recording: Recording, options: argparse.Namespace) -> int:
    if not recording.complete:
        log(f"{options.file} is incomplete: its recorder was killed, or is still running")
    chosen = selection(options)
    tracks = _choose(recording, chosen)
    there = [*recording.others, *(track.topic for track in recording.tracks.values())]
    absent = chosen.unmatched(there)
    for pattern in absent:
        log(f"found no topic {pattern!r} in the recording; {SEE}")
    missing = Selection(absent).names
    code = EXIT_FAILURE if missing or recording.others.keys() & set(options.topics) else EXIT_DONE
    first, end = _span(recording, options)
    renamed = _renamed(options.remap, tracks)
    _check_free({renamed.get(track.topic, track.topic) for track in tracks.values()})
    open_as_many_as_allowed()  # each topic takes a descriptor
    on_termination(exit_on_signal)  # closes the publishers
    sys.setswitchinterval(GIL_SWITCH_INTERVAL)
    with (
        closing(Player(tracks, renamed)) as player,
        closing(Prefetcher(looped_batches(recording, tracks, first, end, options.loop))) as batches,
        Keys() as keys,
    ):
        playback = Playback(
            *(player, keys, first, end),
            speed=options.speed,
            skip_gaps=options.skip_gaps,
            paused=options.start_paused,
        )
        try:
            playback.play(batches)
        finally:
            for topic, count in sorted(recording.without_value.items()):
                log(f"{topic}: {counted(count, 'message')} without a value, skipped")
    if not player.values:
        raise RecordingError(
            f"play {str(recording.path)!r}: found no value to publish; expected at least one"
        )
    if options.format == "json":
        skipped = sum(recording.without_value.values())
        figures = {"values": player.values, "topics": player.topics, "late": player.late}
        print_json({"file": str(options.file)} | figures | {"without_value": skipped})
    else:
        what = f"{counted(player.values, 'value')} of {counted(player.topics, 'topic')}"
        log(f"published {what}, at most {duration(player.late)} late")
    return code


def _renamed(pairs: Sequence[tuple[str, str]], tracks: dict[int, Track]) -> dict[str, str]:
    """Return the new names, by the old ones."""
    topics = {track.topic for track in tracks.values()}
    renamed = dict(pairs)
    for old, count in Counter(old for old, _ in pairs).items():
        if old not in topics:
            raise RecordingError(f"play: found {old!r} in --remap; expected a topic that is played")
        if count > 1:
            found = f"{count} new names for {old!r} in --remap"
            raise RecordingError(f"play: found {found}; expected one")
    for new, count in Counter(renamed.get(topic, topic) for topic in topics).items():
        if count > 1:
            raise RecordingError(
                f"play: found {count} topics with the new name {new!r}; expected one"
            )
    return renamed


def _check_free(names: Iterable[str]) -> None:
    """Raise RecordingError, before anything is published, if a topic has a live publisher."""
    taken = []
    for name in names:
        with suppress(TopicNotFoundError):
            if (info := inspect(name)).alive:
                taken.append(f"{name} (process {info.pid})")
    if taken:
        raise RecordingError(
            f"play: found live publishers of {', '.join(sorted(taken))}; expected none; nothing "
            "was published; stop them, rename topics (--remap), or set another SHM_PUB_SUB_DIR"
        )


def _choose(recording: Recording, chosen: Selection) -> dict[int, Track]:
    """Return the channels of the topics that are chosen."""
    there = {track.topic for track in recording.tracks.values()}
    wanted = set(chosen.of(sorted(there | recording.others.keys())))
    for topic, what in sorted(recording.others.items()):
        if topic in wanted:
            log(f"{topic} is skipped: {what}; {EXPECTED}")
    tracks = {number: track for number, track in recording.tracks.items() if track.topic in wanted}
    if not tracks:
        topics = sorted(there)
        expected = f"expected one of {listed(topics)}; {SEE}"
        if not topics:
            expected = "expected at least one"
        what = f" that matches {' or '.join(map(repr, chosen.words))}" if chosen.words else ""
        raise RecordingError(f"play {str(recording.path)!r}: found no topic{what}; {expected}")
    return tracks


def _span(recording: Recording, options: argparse.Namespace) -> tuple[int, int]:
    """Return the first and the exclusive last time to play, in recorded time."""
    first, end = recording.start_ns + round(options.start_offset * 1e9), recording.end_ns + 1
    if first >= end:
        raise RecordingError(
            f"play {str(recording.path)!r}: found a recording of {recording.seconds:.3f} s; "
            "expected a smaller --start-offset"
        )
    if options.duration is not None:
        end = min(end, first + round(options.duration * 1e9))
    if options.loop and end - first <= 1:
        raise RecordingError("play: found only one instant; expected a longer part for --loop")
    return first, end
