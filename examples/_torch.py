"""As much of torch.utils.data as torch_dataset.py needs, for machines without torch."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")


class IterableDataset(Generic[T]):
    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError


class DataLoader:
    """Batches of dicts, stacked, in this process; torch's are of tensors."""

    def __init__(self, dataset: Iterable[Any], batch_size: int = 1, num_workers: int = 0) -> None:
        self.dataset, self.batch_size, self.num_workers = dataset, batch_size, num_workers

    def __iter__(self) -> Iterator[Any]:
        found = iter(self.dataset)
        while batch := [*islice(found, self.batch_size)]:
            yield {key: np.stack([one[key] for one in batch]) for key in batch[0]}


class Worker(NamedTuple):
    id: int
    num_workers: int


def get_worker_info() -> Worker | None:
    return None  # as in torch, if there are no workers
