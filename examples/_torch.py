"""As much of torch.utils.data as torch_dataset.py needs, for machines without torch."""

import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")


class IterableDataset(Generic[T]):
    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError


class Worker(NamedTuple):
    id: int
    num_workers: int


worker_info: Worker | None = None  # as in torch, if there are no workers


def get_worker_info() -> Worker | None:
    return worker_info


class DataLoader:
    """Batches of dicts, stacked; torch's are of tensors."""

    def __init__(
        self,
        dataset: Iterable[Any],
        batch_size: int = 1,
        num_workers: int = 0,
        multiprocessing_context: str | None = None,
    ) -> None:
        self.dataset, self.batch_size, self.num_workers = dataset, batch_size, num_workers
        self.context: Any = multiprocessing.get_context(multiprocessing_context)

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            yield from batches(self.dataset, self.batch_size)
            return
        queues: list[Any] = []
        workers: list[Any] = []
        try:
            for id in range(self.num_workers):
                info, queue = Worker(id, self.num_workers), self.context.Queue(2)
                words = (self.dataset, self.batch_size, info, queue)
                workers.append(self.context.Process(target=work, args=words, daemon=True))
                queues.append(queue)
                workers[-1].start()
            while queues:
                for queue in [*queues]:
                    if (batch := queue.get()) is None:
                        queues.remove(queue)
                    else:
                        yield batch
        finally:
            for worker in workers:
                worker.terminate()
                worker.join()


def batches(dataset: Iterable[Any], size: int) -> Iterator[dict[str, Any]]:
    found = iter(dataset)
    while batch := [*islice(found, size)]:
        yield {key: np.stack([one[key] for one in batch]) for key in batch[0]}


def work(dataset: Iterable[Any], size: int, info: Worker, queue: Any) -> None:
    global worker_info
    worker_info = info
    with suppress(KeyboardInterrupt):  # the parent gets it, too
        for batch in batches(dataset, size):
            queue.put(batch)
        queue.put(None)
