"""What an import costs, and then the first publisher, reader and value.

    python first_use.py STATEMENTS MODULE        one line of JSON

STATEMENTS import the library; MODULE is one of peers/. Nothing that a library may import is
imported before it.
"""

import sys
import time

from programs import process

PATIENCE = 5.0
"""Seconds for the first value to arrive: some readers join in the background."""


def clocks():
    return [time.perf_counter(), time.process_time()]


def state():
    return {**process.memory(), "threads": process.status()["threads"]}


def first_use(peer):
    """Publish and read a first value. Return the publisher and the reader, to keep them alive."""
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    publish = peer.publisher("first", shared)
    make = next(m for m in ("reader", "poller", "receiver") if hasattr(peer, m))
    read = getattr(peer, make)("first", shared)
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        publish(1.5)
        soon = time.perf_counter() + 0.002
        while True:
            if read() == 1.5:
                return publish, read
            if time.perf_counter() > soon:
                break
    raise SystemExit(f"no value within {PATIENCE:g} s")


def main():
    statements, name = sys.argv[1:]
    code = compile(statements, "<imports>", "exec")
    states = [state()]
    times = [clocks()]
    exec(code, {})
    times.append(clocks())
    states.append(state())

    import json  # noqa: PLC0415 - see above

    from harness.rows import load  # noqa: PLC0415

    peer = load(name)
    states.append(state())
    times.append(clocks())
    kept = first_use(peer)
    times.append(clocks())
    states.append(state())

    found = {}
    for what, before in (("import", 0), ("use", 2)):
        s, cpu = (after - now for now, after in zip(times[before], times[before + 1], strict=True))
        added = {key: states[before + 1][key] - states[before][key] for key in states[0]}
        found[what] = {"s": s, "cpu s": cpu, **added}
    print(json.dumps(found))
    sys.stdout.flush()
    del kept
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
