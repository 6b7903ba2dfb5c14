"""Observations of a live topic as a torch `IterableDataset`, in batches.

    python examples/policy.py robot             # in one terminal
    python examples/torch_dataset.py            # in another, in any order
    python examples/torch_dataset.py --workers 2 --start spawn

Without torch a stand-in (_torch.py) takes its place. Stop it with Ctrl-C.
"""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import shm_pub_sub
from _options import parser
from policy import OBSERVATION, TOPIC

if TYPE_CHECKING or find_spec("torch") is None:
    from _torch import DataLoader, IterableDataset, get_worker_info
else:
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Observations(IterableDataset[dict[str, Any]]):
    """Every observation once, for so many seconds; workers take them in turn."""

    def __init__(self, topic: str, seconds: float) -> None:
        self.topic, self.end = topic, time.monotonic() + seconds

    def __iter__(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        turn, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        # Here and not in __init__, which runs in the parent: a subscriber cannot be pickled.
        with (
            suppress(TimeoutError),
            shm_pub_sub.Subscriber(self.topic, OBSERVATION) as robot,
        ):
            while (left := self.end - time.monotonic()) > 0:
                sample = robot.recv_sample(timeout=None if math.isinf(left) else left)
                if sample.sequence % workers == turn:
                    yield sample.value


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--batches", type=int, default=math.inf, help="how many (default: all)")
    arguments.add_argument("--workers", type=int, default=0, help="processes that receive")
    arguments.add_argument("--start", help="fork, forkserver or spawn (default: Python's)")
    options = arguments.parse_args()
    observations = Observations(TOPIC, options.seconds)
    batches = DataLoader(
        observations,
        batch_size=8,
        num_workers=options.workers,
        multiprocessing_context=options.start,
    )
    with suppress(KeyboardInterrupt):
        for number, batch in enumerate(batches, 1):
            shapes = ", ".join(f"{key} {tuple(batch[key].shape)}" for key in batch)
            print(f"batch {number}: {shapes}", flush=True)
            if number >= options.batches:
                break


if __name__ == "__main__":
    main()
