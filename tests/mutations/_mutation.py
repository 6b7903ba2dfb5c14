"""One edit of a file, and the tests that can be asked to notice it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Tests that are asked, by short names: the arguments of `go test`, or those of pytest.
GO = {
    "Go ring, memory model": ("./shmpubsub/internal/ring",),
    "Go segment": ("./shmpubsub/internal/segment",),
    "Go package": ("./shmpubsub",),
    "Go descriptors": ("./shmpubsub/internal/descriptor",),
    "Go pool": ("./shmpubsub/internal/pool",),
    "Go clock": ("./shmpubsub/internal/clock",),
    "second looks": ("-tags=killpoints", "-run=SeesWhatHappens", "./shmpubsub"),
    "Go alignments in rings": ("-run=Set_|Candidates_", "./shmpubsub/internal/ring"),
    "Go alignments": ("-run=Align_", "./shmpubsub"),
    "kill points": ("-tags=killpoints", "-run=KillPoints", "./shmpubsub/internal/segment"),
}
PYTHON = {
    "instructions": ("tests/crash/test_every_instruction.py",),
    "system calls": ("tests/crash/test_system_calls.py",),
    "pairings": ("tests/process/test_a_million_values.py", "tests/process/test_go_and_c.py"),
    "C under sanitizers": ("tests/sanitizers/test_ring.py",),
    "chunks and pins": ("tests/sanitizers/test_pins.py", "tests/crash/test_pins.py"),
    "waiting": ("tests/unit/receiving/test_wait_word.py",),
    "receiving": (
        "tests/unit/receiving/test_receive.py",
        "tests/unit/receiving/test_history.py",
        "tests/unit/receiving/test_samples.py",
        "tests/unit/receiving/test_batches.py",
        "tests/waiting/test_long_batches.py",
    ),
    "streams": (
        "tests/waiting/test_every_value.py",
        "tests/waiting/test_interrupts.py",
        "tests/waiting/test_missed_wakes.py",
        "tests/waiting/test_polling.py",
        "tests/exit/test_program_ends.py",
        "tests/crash/test_publisher_kills.py",
        "tests/crash/test_waiter_kills.py",
    ),
    "C and Go": ("tests/differential",),
    "alignments in C and Go": ("tests/differential/test_align.py",),
    "notifier under sanitizers": ("tests/sanitizers/test_watch.py",),
    "descriptors": (
        "tests/waiting/test_fileno.py",
        "tests/waiting/test_select.py",
        "tests/waiting/test_arecv.py",
        "tests/waiting/test_arecv_storms.py",
    ),
    "old kernel": ("tests/waiting/test_old_kernel.py",),
    "lost descriptors": ("tests/guest/test_lost_descriptors.py",),
    "promises": (
        "tests/unit/lifetime/test_one_publisher.py",
        "tests/unit/receiving/test_retain.py",
        "tests/unit/receiving/test_subscribe.py",
        "tests/process/test_publisher_ends.py",
        "tests/process/test_readers_locks.py",
        "tests/crash/test_liveness.py",
    ),
    "sets": (
        "tests/unit/receiving/test_align_model.py",
        "tests/unit/receiving/test_align.py",
        "tests/unit/receiving/test_align_meanwhile.py",
    ),
    "waiting for sets": ("tests/waiting/test_align.py", "tests/waiting/test_align_async.py"),
    "following": ("tests/unit/following", "-mnot soak"),
    "times": ("tests/unit/times", "tests/waiting/test_after.py"),
    "metadata": ("tests/unit/metadata",),
    "bridged": ("tests/unit/api/test_bridged.py",),
    "records": ("tests/unit/records",),
    "random records": ("tests/differential/test_layouts.py", "tests/fuzz/test_records.py"),
    "storm of arrays": ("tests/storm/test_arrays.py",),
    "hostile files": (
        "tests/unit/files/test_damaged_files.py",
        "tests/unit/files/test_no_space.py",
    ),
    "state machine": ("tests/fuzz/test_machine.py",),
    "kills": ("tests/crash/test_kills.py", "tests/crash/test_contenders.py"),
    "storm": ("tests/storm/test_storm.py",),
    "fork": ("tests/fork",),
}
# In the order in which they are asked. For the ring the memory model's come last: one of them
# compares the source with its table, and would leave the others nothing to show.
RING = ("instructions", "pairings", "C under sanitizers", "storm", "Go ring, memory model")
STREAM = ("receiving", "C and Go", "streams", "C under sanitizers", "Go ring, memory model")
PINS = ("chunks and pins", "Go ring, memory model")
PINS_GO = ("Go pool", "Go ring, memory model")
WAIT = ("receiving", "streams", "descriptors")
ALIGNED = ("sets", "waiting for sets")
FOLLOWED = ("following",)
TIMES = ("times", "C under sanitizers")
OWNERSHIP = ("promises", "storm", "kill points", "Go segment", "kills")


@dataclass(frozen=True)
class Mutation:
    what: str
    file: str
    old: str
    new: str
    asked: tuple[str, ...]

    def applied(self) -> str:
        """Return the file with the edit made. ValueError where it has not one place for it."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            raise ValueError(
                f"{self.what}: found {found} places for it in {self.file}; expected one"
            )
        return text.replace(self.old, self.new)
