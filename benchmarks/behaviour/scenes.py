"""One scene of the behaviour table: processes that publish and read, and what happens to them.

    python scenes.py MODULE SCENE PATIENCE [SECONDS]        one line of JSON

MODULE is one of peers/. PATIENCE is how many seconds a reader has to see a repeated value: some
join in the background. SECONDS is when the publisher is killed. If a process does not answer, the
result says why: "raises ...", "hangs", or the signal it died of.
"""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from harness.isolation import PRIVATE
from harness.rows import load

from behaviour.actors import Actor, Part, Trouble, said
from behaviour.words import PHASE, word


class Stage:
    """A peer, and the processes that use it."""

    def __init__(self, name, patience):
        self.patience = patience
        self._peer = load(name)
        self._shared = self._peer.prepare() if hasattr(self._peer, "prepare") else None
        self._actors = []

    def has(self, what):
        return hasattr(self._peer, what)

    def actor(self, *roles):
        actor = Actor(Part(self._peer, self._shared))
        self._actors.append(actor)
        for role in roles:
            actor.ask(role)
        return actor

    def end(self):
        for actor in self._actors:
            actor.kill()
        if hasattr(self._peer, "close"):
            self._peer.close()


def tried(function, *arguments, **options):
    """Return its result and "", or None and the trouble."""
    try:
        return function(*arguments, **options), ""
    except Trouble as trouble:
        return None, str(trouble)


def late(stage):
    """A reader starts after a value was published."""
    publisher = stage.actor("publisher")
    publisher.ask("publish", word(PHASE))
    return stage.actor("reader").ask("await_phase", 1, stage.patience)


def first(stage):
    """A reader starts before the publisher."""
    reader = stage.actor("reader")
    stage.actor("publisher").ask("say", word(PHASE))
    return reader.ask("await_phase", 1, stage.patience)


def empty(stage):
    """A reader reads before anything was published."""
    stage.actor("publisher")
    reader = stage.actor("reader")
    time.sleep(0.1)
    return {"value": reader.ask("read")}


def quiet(stage):
    """A live publisher stops publishing: is its last value still readable?"""
    publisher, reader = stage.actor("publisher"), stage.actor("reader")
    publisher.ask("say", word(PHASE))
    reader.ask("await_phase", 1, stage.patience)
    publisher.ask("hush")
    reader.ask("watch", 0.1)  # to take values in flight
    return reader.ask("watch", 0.3)


def kill(stage, seconds):
    """A publisher is killed while publishing, and another one starts."""
    publisher, reader = stage.actor("publisher"), stage.actor("reader")
    publisher.tell("storm", 1)
    seen = {"before": reader.ask("await_phase", 1, stage.patience)}
    reader.tell("watch", seconds + stage.patience)
    time.sleep(seconds)
    before, killed = time.monotonic(), publisher.kill()
    seen["watch"], seen["watch trouble"] = tried(reader.answer)
    if seen["watch"] and (seen["watch"]["ended"] or 0.0) > before:
        seen["learns"] = max(0.0, seen["watch"]["ended"] - killed)
    second = stage.actor()
    _, seen["restart trouble"] = tried(second.ask, "publisher")
    if seen["restart trouble"]:
        return seen
    second.tell("storm", 2)
    if not seen["watch trouble"]:
        seen["old"], seen["old trouble"] = tried(reader.ask, "await_phase", 2, stage.patience)
    newcomer = stage.actor()
    _, seen["new trouble"] = tried(newcomer.ask, "reader")
    if not seen["new trouble"]:
        seen["new"], seen["new trouble"] = tried(newcomer.ask, "await_phase", 2, stage.patience)
    return seen


def left(stage):
    """What is left in shared memory after a publisher and a reader were killed."""
    before = files()
    publisher, reader = stage.actor("publisher"), stage.actor("reader")
    publisher.tell("storm", 1)
    reader.ask("await_phase", 1, stage.patience)
    publisher.kill()
    reader.kill()
    time.sleep(0.3)  # for libraries that clean up after others
    new = {path: size for path, size in files().items() if path not in before}
    return {"files": sorted(new), "bytes": sum(new.values())}


def files():
    """Return the size by path of this run's files in shared memory and its folders."""
    run, found = os.environ["BENCHMARK_RUN"], {}
    private = PRIVATE in os.environ
    folders = [Path("/dev/shm"), Path(os.environ["BENCHMARK_FOLDER"])]
    for folder in [*folders, *Path("/tmp").glob(f"*{run}*")]:
        paths = [folder] if folder.is_file() else []
        for top, _, names in os.walk(folder):  # tolerates files that vanish
            paths += [Path(top, name) for name in names]
        for path in paths:
            if private or run in str(path):
                with suppress(OSError):
                    found[str(path)] = path.stat().st_blocks * 512
    return found


def two(stage):
    """A second publisher starts while the first one lives."""
    stage.actor("publisher").ask("publish", word(PHASE))
    reader, second = stage.actor("reader"), stage.actor()
    for request in (["publisher"], ["say", word(2 * PHASE)]):
        _, trouble = tried(second.ask, *request)
        if trouble:
            return {"second trouble": trouble}
    seen = reader.ask("await_phase", 2, stage.patience)
    _, trouble = tried(second.ask, "hush")
    return {"second trouble": trouble, "seen": seen}


def fork(stage):
    """A process with a publisher and a reader forks: what can the child do, and the parent?"""
    outside, parent = stage.actor(), stage.actor("publisher", "reader")
    outside.ask("reader")
    parent.ask("say", word(PHASE))
    seen = {"before": parent.ask("await_phase", 1, stage.patience)}
    parent.ask("hush")
    parent.ask("bear")
    _, seen["publish trouble"] = parent.ask("of_child", "say", word(2 * PHASE))
    if not seen["publish trouble"]:
        seen["arrives"], _ = tried(outside.ask, "await_phase", 2, stage.patience)
    parent.ask("lose")

    parent.ask("bear")  # a new one: the first may be stuck
    _, seen["parent trouble"] = tried(parent.ask, "say", word(3 * PHASE))
    if seen["parent trouble"]:
        return seen
    child = parent.ask("of_child", "await_phase", 3, stage.patience / 2)
    seen["read"], seen["read trouble"] = child
    parent.ask("lose")

    _, seen["parent trouble"] = tried(parent.ask, "say", word(4 * PHASE))
    if not seen["parent trouble"]:
        seen["after"], _ = tried(outside.ask, "await_phase", 4, stage.patience)
        seen["own"], seen["parent trouble"] = tried(parent.ask, "await_phase", 4, stage.patience)
    return seen


def other(stage):
    """A publisher of ints, and a reader of floats."""
    if not stage.has("other_type"):
        return {"none": True}
    publisher, reader = stage.actor(), stage.actor()
    for role, actor, request in (
        ("publisher", publisher, ["other_type"]),
        ("reader", reader, ["reader"]),
        ("publisher", publisher, ["say", 7]),
    ):
        _, trouble = tried(actor.ask, *request)
        if trouble:
            return {f"{role} trouble": trouble}
    time.sleep(0.2)
    value, trouble = tried(reader.ask, "first_value", stage.patience)
    _, refused = tried(publisher.ask, "hush")
    return {"publisher trouble": refused, "reader trouble": trouble, "value": value}


def full(stage):
    """A publisher starts and publishes while shared memory is full."""
    publisher, reader, seen = stage.actor(), stage.actor(), None
    for step, actor, request in (
        ("made", publisher, ["publisher"]),
        ("read", reader, ["reader"]),
        ("published", publisher, ["say", word(PHASE)]),
        ("read", reader, ["await_phase", 1, stage.patience]),
        ("published", publisher, ["hush"]),
    ):
        result, trouble = tried(actor.ask, *request)
        if trouble:
            return {step: trouble}
        seen = result or seen
    return {"seen": seen}


def fill():
    """Use up all of shared memory."""
    with suppress(OSError), Path("/dev/shm/filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


SCENES = {s.__name__: s for s in (late, first, empty, kill, quiet, left, two, fork, other, full)}


def main():
    name, scene, patience, *seconds = sys.argv[1:]
    if scene == "full":
        fill()
    try:
        stage = Stage(name, float(patience))
    except Exception as error:
        print(json.dumps({"trouble": f"raises {said(error)}"}))
        return
    try:
        seen = SCENES[scene](stage, *map(float, seconds))
    except Trouble as trouble:
        seen = {"trouble": str(trouble)}
    print(json.dumps(seen), flush=True)
    stage.end()


if __name__ == "__main__":
    main()
