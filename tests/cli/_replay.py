"""What `play` makes of a file, without its waiting."""

from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from shm_pub_sub._cli.recording_info import print_info
from shm_pub_sub._cli.verbs import play
from shm_pub_sub._patterns import Selection
from shm_pub_sub._recording.player import Player, looped_batches
from shm_pub_sub._recording.reader import Recording


def values(path: Path) -> dict[str, list[tuple[int, Any]]]:
    """Times and values of each topic, in the order in which they are played."""
    found: dict[str, list[tuple[int, Any]]] = {}
    with closing(Recording(path)) as recording:
        tracks = recording.tracks
        for batch in recording.batches(tracks, recording.start_ns, recording.end_ns + 1):
            for time_ns, *_, channel, value in batch:
                found.setdefault(tracks[channel].topic, []).append((time_ns, value))
    return found


def replay(path: Path) -> str:
    """List and publish all that the file has, at once; what is printed."""
    printed = StringIO()
    with closing(Recording(path)) as recording, redirect_stdout(printed), redirect_stderr(printed):
        tracks = play._choose(recording, Selection([]))
        for form in ("text", "json"):
            print_info(recording, form)
        first, end = recording.start_ns, recording.end_ns + 1
        with closing(Player(tracks, {})) as player:
            for batch in looped_batches(recording, tracks, first, end, loop=False):
                for *_, channel, value in batch:
                    player.publish(channel, value)
    return printed.getvalue()
