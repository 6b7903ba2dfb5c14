"""What a value costs and where it goes, step by step, and how it grows with buffer_num.

    python benchmarks/budget.py [--quick] [--json FILE]

Compiles floors/budget.c with the library's own headers: methods that do what publish() and
subscribe() do, each one step more than the one before. Measured as in hot_path.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import floors
import shm_pub_sub
from harness.isolation import own_domain
from harness.timing import measure, quiet, timer

PUBLISH = (
    ("publish_call", "the call: an empty C method with one argument"),
    ("publish_convert", "its argument as a word"),
    ("publish_clock", "clock_gettime(CLOCK_MONOTONIC)"),
    ("publish_stores", "four stores into the slot, one to head"),
    ("publish_fence", "the last of them seq_cst"),
    ("publish_notify", "does anybody wait: one load"),
)
SAME = (
    ("read_call", "the call: an empty C method without arguments"),
    ("read_alive", "is the publisher alive: `retired`, CLOCK_MONOTONIC_COARSE"),
    ("read_same", "head is unchanged: the pair returned before"),
)
NEW = (
    *SAME[:2],
    ("read_copy", "head, the slot between two looks at its sequence"),
    ("read_object", "a new float, and the end of an old one"),
    ("read_pair", "the pair, reused"),
)
BUFFERS = (1, 3, 10, 100, 10_000, 1_000_000)


def steps(module: object) -> dict[str, Callable[[int], float]]:
    """Return the rows of the budget, by the names of budget.c's methods."""
    one = module.Steps()  # type: ignore[attr-defined]
    rows = {"loop": timer("pass")}
    for name, _ in PUBLISH:
        rows[name] = timer(f"s.{name}(1.5)", s=one)
    for name in dict.fromkeys(name for name, _ in (*SAME, *NEW, ("read_new_pair", ""))):
        rows[name] = timer(f"s.{name}()", s=one)
    return rows


def calls() -> dict[str, Callable[[int], float]]:
    """Return the library's own calls, and those of topics with other buffer_num."""
    rows = {}
    for buffers in BUFFERS:
        publisher = shm_pub_sub.Publisher(f"topic/{buffers}", 0.0, buffers)
        subscriber = shm_pub_sub.Subscriber(f"topic/{buffers}", 0.0)
        publisher.publish_many([1.5] * (2 * buffers))  # so that every page is allocated
        names = {"p": publisher, "s": subscriber}
        rows[f"publish {buffers}"] = timer("p.publish(1.5)", **names)
        rows[f"same {buffers}"] = timer("s.subscribe()", **names)
        rows[f"both {buffers}"] = timer("p.publish(1.5); s.subscribe()", **names)
        rows[f"take {buffers}"] = timer("p.publish(1.5); s.recv()", **names)
        rows[f"miss {buffers}"] = timer("s.try_recv()", **names)
    return rows


def show(title: str, parts: tuple[tuple[str, str], ...], costs: dict[str, float]) -> None:
    print(f"\n{title}")
    before = costs["loop"]
    print(f"{before:6.1f}          the loop")
    for name, what in parts:
        print(f"{costs[name] - before:6.1f}  {costs[name]:6.1f}  {what}")
        before = costs[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each round")
    options = parser.parse_args()
    rounds, n = (3, 1_000) if options.quick else (600, 2_000)
    with own_domain() as folder:
        module = floors.extension("budget", folder, "-DNDEBUG")
        figures = measure(steps(module) | calls(), rounds, n)
    costs = {name: quiet(f) for name, f in figures.items()}
    show("publish(), ns: added by the step, and the sum", PUBLISH, costs)
    print(f"        {costs['publish 10']:6.1f}  publish() itself")
    show("subscribe(), the same value again", SAME, costs)
    print(f"        {costs['same 10']:6.1f}  subscribe() itself")
    show("subscribe(), a new value", NEW, costs)
    extra = costs["loop"] - costs["publish 10"]
    print(f"        {costs['both 10'] + extra:6.1f}  subscribe() itself, behind a publish()")
    print(f"        {costs['take 10'] + extra:6.1f}  recv(), behind a publish()")
    print(f"        {costs['miss 10']:6.1f}  try_recv(), nothing new")
    print(f"a new pair instead of a reused one: {costs['read_new_pair'] - costs['read_pair']:.1f}")
    print(
        "\nbuffer_num   publish   subscribe, same value   publish and subscribe   publish and recv"
    )
    for b in BUFFERS:
        print(f"{b:10}   {costs[f'publish {b}']:7.1f}   {costs[f'same {b}']:21.1f}", end="")
        print(f"   {costs[f'both {b}']:21.1f}   {costs[f'take {b}']:16.1f}")
    if options.json:
        options.json.write_text(json.dumps({"ns": figures}, indent=1))


if __name__ == "__main__":
    main()
