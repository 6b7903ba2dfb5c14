"""`recording`: inspect, cut, merge and export recordings."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from shm_pub_sub import RecordingError
from shm_pub_sub._patterns import Selection, is_pattern, unmatched
from shm_pub_sub._recording import mcap_format
from shm_pub_sub._text import counted, listed, size

from ..arguments import add_format, seconds_from_start
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, log, print_json, write
from ..progress import Progress
from ..recording_info import print_info
from ..streams import exit_on_signal, on_termination
from ..topics import ALL, FILE, PARTS, PATTERNS, add_exclude, selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from shm_pub_sub._recording.copying import Source
    from shm_pub_sub._recording.mcap_writer import McapWriter
    from shm_pub_sub._recording.reader import Recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (what, _, add, example) in ACTIONS.items():
        own = actions.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}.",
            epilog=f"example: {parser.prog} {name} {example}",
        )
        add_format(own, argparse.SUPPRESS)
        add(own)


def run(options: argparse.Namespace) -> int:
    mcap_format.check_installed()
    on_termination(exit_on_signal)  # removes an unfinished file
    _, action, _, _ = ACTIONS[options.action]
    return action(options)


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=FILE)


def _info(options: argparse.Namespace) -> int:
    with _opened([options.file]) as (recording,):
        print_info(recording, options.format)
    return EXIT_DONE


def _add_cut(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=FILE)
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help=PATTERNS + ALL)
    _add_output(parser)
    parser.add_argument(
        "--start",
        metavar="SECONDS",
        type=seconds_from_start,
        default=0.0,
        help="start this far into the recording",
    )
    parser.add_argument(
        "--end",
        metavar="SECONDS",
        type=seconds_from_start,
        help="end before this time, counted from the start of the recording",
    )
    add_exclude(parser)


def _cut(options: argparse.Namespace) -> int:
    with _opened([options.file]) as (recording,):
        channels, code = _choose(recording, options)
        start_ns = recording.start_ns + round(options.start * 1e9)
        end_ns = recording.end_ns + 1
        if options.end is not None:
            end_ns = min(end_ns, recording.start_ns + round(options.end * 1e9))
        if start_ns >= end_ns:
            raise RecordingError(
                f"cut {str(options.file)!r}: found nothing from --start to --end in a recording of "
                f"{recording.seconds:.3f} s; expected times within it"
            )
        from shm_pub_sub._recording.copying import Source

        return _copy([Source(recording, channels, start_ns, end_ns)], options) or code


def _add_merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help=FILE)
    _add_output(parser)


def _merge(options: argparse.Namespace) -> int:
    from shm_pub_sub._recording.copying import Source, overlapping

    with _opened(options.files) as recordings:
        _check_different([part for recording in recordings for part in recording.parts])
        if topics := overlapping(recordings):
            log(
                f"several recordings have values of {listed(topics)} at the same "
                "time; they stay separate channels, and `play` restarts the publisher at each "
                "change from one to another"
            )
        sources = [Source(one, one.channels, one.start_ns, one.end_ns + 1) for one in recordings]
        return _copy(sources, options)


def _check_different(parts: Sequence[Path]) -> None:
    for n, part in enumerate(parts):
        if any(part.samefile(other) for other in parts[:n]):
            raise RecordingError(f"merge: found {str(part)!r} twice; expected different recordings")


def _add_csv(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=FILE)
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help=PARTS + ALL)
    _add_output(parser, required=False)
    add_exclude(parser)


def _csv(options: argparse.Namespace) -> int:
    from shm_pub_sub._paths import Selected

    from ..recording_csv import Table

    with _opened([options.file]) as (recording,):
        if options.output and not _may_write(options, recording.parts):
            return EXIT_USAGE
        selected = Selected(options.topics, exclude=options.exclude)
        there = sorted({track.topic for track in recording.tracks.values()})
        table = Table(recording, selected)
        absent = selected.unmatched(there)
        for word in absent:
            log(f"found no topic {word!r} in the recording; see `recording info`")
        if options.output is None:
            for lines in table.lines():
                write("".join(lines))
        else:
            with _beside(options.output) as beside, beside.open("w", encoding="utf-8") as file:
                for lines in table.lines():
                    file.writelines(lines)
    failed = table.refused or not all(map(is_pattern, absent))
    return EXIT_FAILURE if failed else EXIT_DONE


def _add_output(parser: argparse.ArgumentParser, required: bool = True) -> None:
    parser.add_argument(
        *("-o", "--output"),
        metavar="OUT",
        type=Path,
        required=required,
        help="the file to write" + ("" if required else " (default: stdout)"),
    )
    parser.add_argument("--force", action="store_true", help="overwrite OUT")


@contextmanager
def _opened(files: Sequence[Path]) -> Iterator[list[Recording]]:
    from shm_pub_sub._recording.reader import Recording

    with ExitStack() as stack:
        recordings = []
        for file in files:
            try:
                recordings.append(stack.enter_context(closing(Recording(file))))
            except OSError as error:
                error.filename = error.filename or str(file)
                raise
            if not recordings[-1].complete:
                log(f"{file} is incomplete: its recorder was killed, or is still running")
        yield recordings


def _choose(recording: Recording, options: argparse.Namespace) -> tuple[list[int], int]:
    """Return the channels that the arguments choose, and the exit code."""
    there = sorted({channel.topic for channel in recording.channels.values()})
    absent = unmatched(options.topics, there)
    for pattern in absent:
        log(f"found no topic {pattern!r} in the recording; see `recording info`")
    chosen = {*selection(options).of(there)}
    channels = [n for n, channel in recording.channels.items() if channel.topic in chosen]
    if not channels:
        raise RecordingError(
            f"{options.action} {str(recording.path)!r}: found no topic to copy; expected some of "
            f"{listed(there) or 'its topics, but it has none'}"
        )
    return channels, EXIT_FAILURE if Selection(absent).names else EXIT_DONE


def _copy(sources: Sequence[Source], options: argparse.Namespace) -> int:
    """Write the sources' messages to the output, which appears when it is complete."""
    from shm_pub_sub._recording.copying import copy, is_compressed, profile_of

    if not _may_write(options, [part for each in sources for part in each.recording.parts]):
        return EXIT_USAGE
    progress = Progress()

    def show(number: int) -> None:
        if progress.due():
            progress.show(f"{counted(number, 'message')}")

    compressed = all(is_compressed(source.recording) for source in sources)
    with _output(options.output, profile_of(sources), compressed) as writer:
        try:
            copied = copy(sources, writer, show)
        finally:
            progress.end()
    _report(copied, options, writer)
    return EXIT_DONE


def _may_write(options: argparse.Namespace, inputs: Sequence[Path]) -> bool:
    if options.output.exists():
        if not (options.output.is_file() or options.output.is_dir()):  # such as /dev/null
            log(f"found {str(options.output)!r}, which is not a file; expected a file")
            return False
        if any(options.output.samefile(part) for part in inputs):
            log(f"found {str(options.output)!r} as input and output; expected another output")
            return False
        if not options.force:
            log(f"found the existing file {str(options.output)!r}; pass another name or --force")
            return False
    return True


@contextmanager
def _output(path: Path, profile: str, compress_large: bool) -> Iterator[McapWriter]:
    """Give a writer of the file, which appears when it is complete."""
    from shm_pub_sub._recording.mcap_writer import McapWriter

    with _beside(path) as beside:
        writer = McapWriter(beside, "zstd", True, compress_large, profile)
        with closing(writer):
            yield writer


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give the name of a file beside another one, whose name it takes in the end."""
    beside = path.with_name(f".{path.name[:50]}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(beside):
            error.filename = str(path)
        raise


def _report(copied: Counter[str], options: argparse.Namespace, writer: McapWriter) -> None:
    topics = sum(1 for count in copied.values() if count)
    if options.format == "json":
        about: dict[str, object] = {"file": str(options.output), "messages": copied.total()}
        print_json(about | {"topics": topics, "bytes": writer.nbytes})
        return
    what = f"{counted(copied.total(), 'message')} of {counted(topics, 'topic')}"
    log(f"wrote {options.output}: {what}, {size(writer.nbytes)}")


ACTIONS = {
    "info": ("show what is in a recording", _info, _add_info, "run.mcap"),
    "cut": (
        "copy topics, or a span of time, to another file",
        *(_cut, _add_cut, "run.mcap -o part.mcap --start 10 --end 20 'robot/*'"),
    ),
    "merge": (
        "join recordings into one file, ordered by time",
        *(_merge, _add_merge, "arm.mcap camera.mcap -o both.mcap"),
    ),
    "csv": ("print values as a table, or write it to a file", _csv, _add_csv, "run.mcap robot/imu"),
}
