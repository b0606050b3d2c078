"""Seeded random choices that are the same on every machine and in every version of Python."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Random choices that depend only on a key.

    Python promises reproducibility only for `random.Random.random()` and for seeding it with a
    string (docs.python.org/3/library/random.html, "Notes on Reproducibility"), not for `choice`,
    `shuffle` and the like. So the few that are needed are implemented here.
    """

    def __init__(self, key: str) -> None:
        self._random = random.Random(key).random

    def integer(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def integers(self, count: int, low: int, high: int) -> list[int]:
        return [self.integer(low, high) for _ in range(count)]

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self._random() * len(items))]

    def pick_weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """Return one of the items with a probability in proportion to its weight."""
        point = self._random() * sum(weight for _, weight in items)
        for item, weight in items:
            point -= weight
            if point < 0:
                return item
        return items[-1][0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        return self.sample(items, len(items))

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` different items in random order, or all if there are fewer."""
        order = list(items)  # Fisher-Yates, stopped after `count` items
        count = min(count, len(order))
        for place in range(count):
            other = place + int(self._random() * (len(order) - place))
            order[place], order[other] = order[other], order[place]
        return order[:count]
