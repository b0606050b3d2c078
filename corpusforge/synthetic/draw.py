"""Random choices that are the same on every machine and in every version of Python."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Choices that follow from a key alone.

    Only `random.Random.random()` and its seeding from a string are promised to stay what they are
    (docs.python.org/3/library/random.html, "Notes on Reproducibility"); `choice`, `shuffle` and
    their kin are not, so the few that are needed are spelled here.
    """

    def __init__(self, key: str) -> None:
        self._random = random.Random(key).random

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self._random() * len(items))]

    def pick_weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """One of the items, each as often as its weight says."""
        point = self._random() * sum(weight for _, weight in items)
        for item, weight in items:
            point -= weight
            if point < 0:
                return item
        return items[-1][0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        return self.sample(items, len(items))

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` of the items, or all if there are fewer, none of them twice."""
        order = list(items)  # Fisher and Yates, as far as needed
        count = min(count, len(order))
        for place in range(count):
            other = place + int(self._random() * (len(order) - place))
            order[place], order[other] = order[other], order[place]
        return order[:count]

    def integers(self, count: int, low: int, high: int) -> list[int]:
        return [self.integer(low, high) for _ in range(count)]
