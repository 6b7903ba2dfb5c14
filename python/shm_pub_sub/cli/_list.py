"""`list`: the topics of this domain."""

from __future__ import annotations

from ._output import EXIT_DONE, print_json
from ._topics import matching, names_for_completion

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from shm_pub_sub import TopicInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    patterns = parser.add_argument(
        "patterns",
        metavar="PATTERN",
        nargs="*",
        help="names, or shell patterns of them, as 'robot/*'",
    )
    patterns.completer = names_for_completion  # type: ignore[attr-defined]
    parser.add_argument("-t", "--types", action="store_true", help="show types as well")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all that is known")
    parser.add_argument("-c", "--count", action="store_true", help="print only how many there are")


def run(options: argparse.Namespace) -> int:
    found = matching(options.patterns)
    if options.count:
        if options.format == "json":
            print_json({"count": len(found)})
        else:
            print(len(found))
    elif options.format == "json":
        for topic in found:
            print_json(record(topic))
    else:
        for topic in found:
            print(f"{topic.name} [{topic.type.__name__}]" if options.types else topic.name)
    return EXIT_DONE


def record(topic: TopicInfo) -> dict[str, object]:
    """Return what JSON says of a topic."""
    return topic._asdict() | {"type": topic.type.__name__}
