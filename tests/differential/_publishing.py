"""A publisher of the library in Python, as the scripts use it."""

from __future__ import annotations

from typing import Any

import shm_pub_sub

from ._kinds import KINDS


class Publishing:
    """What it refuses is its answer: "value", "loan", "closed", or "" if nothing."""

    def __init__(
        self,
        topic: str,
        kind: str,
        depth: int,
        retain: bool,
        views: int,
        loans: int,
        most: int,
        *,
        replace: bool = False,
    ) -> None:
        self._kind = KINDS[kind]
        keywords = {"views": views, "loans": loans} if views >= 0 else {}
        if self._kind.step:
            keywords["max_size"] = self._kind.step * most
        self._publisher: Any = shm_pub_sub.Publisher(
            topic, self._kind.default, depth, retain=retain, replace=replace, **keywords
        )
        self._open: dict[str, Any] = {}

    def publish(self, values: list[int]) -> str:
        encoded = [self._kind.encode(value) for value in values]
        try:
            if len(encoded) == 1:
                self._publisher.publish(encoded[0])
            else:
                self._publisher.publish_many(encoded)
        except shm_pub_sub.LoanError:
            return "loan"
        except shm_pub_sub.TopicValueError:
            return "value"
        return ""

    def publish_at(self, ns: int, value: int) -> str:
        try:
            self._publisher.publish_at(self._kind.encode(value), ns)
        except shm_pub_sub.LoanError:
            return "loan"
        except shm_pub_sub.TopicValueError:
            return "value"
        return ""

    def lend(self, loan: int | str, value: int) -> str:
        encoded = self._kind.encode(value)
        try:
            opened = self._publisher.loan(len(encoded) if self._kind.step else None)
            self._kind.fill(opened.__enter__(), encoded)
        except shm_pub_sub.LoanError:
            return "loan"
        except shm_pub_sub.TopicValueError:
            return "value"
        self._open[str(loan)] = opened
        return ""

    def give(self, loan: int | str, how: str) -> str:
        error = (None,) * 3 if how == "publish" else (ValueError, ValueError(), None)
        try:
            self._open.pop(str(loan)).__exit__(*error)
        except shm_pub_sub.ClosedError:
            return "closed"
        return ""

    def close(self) -> None:
        self._publisher.close()
