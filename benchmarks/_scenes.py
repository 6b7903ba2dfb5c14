"""One scene of the behaviour table: processes that publish and read, and what becomes of them.

    python _scenes.py MODULE SCENE PATIENCE [SECONDS]        one line of JSON

MODULE is one of peers/. PATIENCE is how many seconds a reader has to see what is published again
and again: some join by themselves. SECONDS is when the publisher is killed. What a process does in
place of answering is in the answer, as text: "raises ...", "hangs", the signal it died of.
"""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import _rows
from _actors import Actor, Part, Trouble, said
from _words import PHASE, word

class Stage:
    """A peer, what it prepared, and the processes that use it."""

    def __init__(self, name, patience):
        self.patience = patience
        self._peer = _rows.load(name)
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
    """Return what it returned, and what went wrong in place of that."""
    try:
        return function(*arguments, **options), ""
    except Trouble as trouble:
        return None, str(trouble)


def late(stage):
    """A value is published, and then a reader is made."""
    publisher = stage.actor("publisher")
    publisher.ask("publish", word(PHASE))
    reader = stage.actor("reader")
    return reader.ask("await_phase", 1, stage.patience)


def first(stage):
    """A reader is made, and then a publisher."""
    reader = stage.actor()
    _, trouble = tried(reader.ask, "reader")
    if trouble:
        return {"trouble": trouble}
    publisher = stage.actor("publisher")
    publisher.tell("publish_for", word(PHASE), stage.patience)
    return reader.ask("await_phase", 1, stage.patience)


def empty(stage):
    """A reader reads of a publisher that has published nothing."""
    stage.actor("publisher")
    reader = stage.actor("reader")
    time.sleep(0.1)
    value = reader.ask("read")
    return {"value": repr(value)}


def kill(stage, seconds):
    """A publisher is killed in the middle of publishing, and another one is made."""
    publisher = stage.actor("publisher")
    reader = stage.actor()
    kind = reader.ask("reader")
    publisher.tell("storm", PHASE)
    seen = {"before": reader.ask("await_phase", 1, stage.patience), "kind": kind}
    reader.tell("watch", seconds + stage.patience)
    time.sleep(seconds)
    killed = publisher.kill()
    seen["watch"], seen["watch trouble"] = tried(reader.answer)
    if seen["watch"] and seen["watch"]["ended"]:
        seen["learns"] = max(0.0, seen["watch"]["ended"] - killed)
    second = stage.actor()
    _, seen["restart trouble"] = tried(second.ask, "publisher")
    if seen["restart trouble"]:
        return seen
    second.tell("storm", 2 * PHASE)
    if not seen["watch trouble"]:
        seen["old"], seen["old trouble"] = tried(reader.ask, "await_phase", 2, stage.patience)
    late = stage.actor()
    _, seen["new trouble"] = tried(late.ask, "reader")
    if not seen["new trouble"]:
        seen["new"], seen["new trouble"] = tried(late.ask, "await_phase", 2, stage.patience)
    return seen


def quiet(stage):
    """A publisher lives and says nothing more: is its last value still there to be read?"""
    publisher, reader = stage.actor("publisher"), stage.actor("reader")
    publisher.tell("publish_for", word(PHASE), 0.5)
    reader.ask("await_phase", 1, stage.patience)
    with suppress(Trouble):
        publisher.answer()
    time.sleep(0.1)
    return reader.ask("watch", 0.3)


def left(stage):
    """What is there in shared memory after a publisher and a reader were killed."""
    before = _files()
    publisher, reader = stage.actor("publisher"), stage.actor("reader")
    publisher.tell("storm", PHASE)
    reader.ask("await_phase", 1, stage.patience)
    publisher.kill()
    reader.kill()
    time.sleep(0.3)  # for what tidies up after others
    new = {path: size for path, size in _files().items() if path not in before}
    return {"files": sorted(new), "bytes": sum(new.values())}


def _files():
    """Of shared memory, and of the folders that bear this run's name."""
    run, found = os.environ["BENCHMARK_RUN"], {}
    folders = [Path("/dev/shm"), Path(os.environ["BENCHMARK_FOLDER"])]
    for folder in [*folders, *Path("/tmp").glob(f"*{run}*")]:
        for path in [folder, *folder.rglob("*")]:
            with suppress(OSError):
                if not path.is_dir():
                    found[str(path)] = path.stat().st_blocks * 512
    return found


def two(stage):
    """A second publisher is made while the first one lives."""
    stage.actor("publisher").ask("publish", word(PHASE))
    reader, second = stage.actor("reader"), stage.actor()
    _, trouble = tried(second.ask, "publisher")
    if not trouble:
        second.tell("publish_for", word(2 * PHASE), stage.patience)
    seen = None if trouble else reader.ask("await_phase", 2, stage.patience)
    if not trouble:
        _, trouble = tried(second.answer)
    return {"second trouble": trouble, "seen": seen}


def fork(stage):
    """A process with a publisher and a reader forks; what its child can do, and it itself then."""
    outside = stage.actor()
    parent = stage.actor("publisher", "reader")
    outside.ask("reader")
    parent.ask("publish_for", word(PHASE), 0.3)
    seen = {"before": parent.ask("await_phase", 1, stage.patience)}
    _, seen["publish trouble"] = parent.ask("in_child", "publish_for", word(2 * PHASE), 0.3)
    seen["arrives"], seen["outside trouble"] = tried(outside.ask, "await_phase", 2, stage.patience / 2)
    both, seen["parent trouble"] = tried(parent.ask, "read_in_child", word(3 * PHASE), 1.0)
    seen["read"], seen["read trouble"] = both or [None, ""]
    parent.tell("publish_for", word(4 * PHASE), 1.0)
    seen["after"], _ = tried(outside.ask, "await_phase", 4, 1.5)
    _, trouble = tried(parent.answer)
    seen["own"], again = tried(parent.ask, "await_phase", 4, 1.0)
    seen["parent trouble"] = seen["parent trouble"] or trouble or again
    return seen


def other(stage):
    """A publisher of ints, and a reader of floats."""
    if not stage.has("other_type"):
        return {"none": True}
    publisher, trouble = stage.actor(), ""
    _, trouble = tried(publisher.ask, "other_type")
    if trouble:
        return {"publisher trouble": trouble}
    reader = stage.actor()
    _, trouble = tried(reader.ask, "reader")
    if trouble:
        return {"reader trouble": trouble}
    publisher.tell("publish_for", 7, 1.0)
    time.sleep(0.3)
    value, trouble = tried(reader.ask, "first_value", 1.0)
    _, refused = tried(publisher.answer)
    return {"publisher trouble": refused, "reader trouble": trouble, "value": value}


def full(stage):
    """A publisher is made, and publishes, where shared memory is full."""
    publisher = stage.actor()
    _, trouble = tried(publisher.ask, "publisher")
    if trouble:
        return {"made": trouble}
    _, trouble = tried(publisher.ask, "publish", word(PHASE))
    if trouble:
        return {"published": trouble}
    reader = stage.actor()
    _, trouble = tried(reader.ask, "reader")
    if trouble:
        return {"read": trouble}
    publisher.tell("publish_for", word(PHASE), stage.patience)
    seen, trouble = tried(reader.ask, "await_phase", 1, stage.patience)
    return {"read": trouble, "seen": seen}


def fill():
    """Take all that is left of shared memory."""
    with suppress(OSError), open("/dev/shm/filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


SCENES = {s.__name__: s for s in (late, first, empty, kill, quiet, left, two, fork, other, full)}


def main():
    name, scene, patience, *seconds = sys.argv[1:]
    for folder in ("SHM_PUB_SUB_DIR", "BENCHMARK_FOLDER"):  # /dev/shm may be another one by now
        os.makedirs(os.environ[folder], exist_ok=True)
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
