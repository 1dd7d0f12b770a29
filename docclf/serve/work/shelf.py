"""What is registered, in memory: a copy of the store, brought up to date before each batch; one shelf a tenant."""

from collections import Counter
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.results import thresholds
from docclf.search.search import Search
from docclf.store.base import Row, Store, Where, known

ALIKE = 0.95  # cosine from which two labels are told to look alike


class Shelf:
    """The rows of one tenant."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}  # by the number that the search knows them by
        self.numbers: dict[str, int] = {}
        self.search: Search | None = None

    def put(self, rows: list[Row]) -> None:
        """Takes rows, new or in place of those of the same id."""
        self.drop([row.id for row in rows])
        vectors = np.stack([row.vector for row in rows])
        if self.search is None:
            self.search, numbers = Search(vectors), np.arange(len(rows))
        else:
            numbers = self.search.add(vectors)
        for number, row in zip(numbers.tolist(), rows, strict=True):
            self.rows[number], self.numbers[row.id] = row, number

    def drop(self, ids: list[str]) -> None:
        """Takes rows out; ids that are not there are passed over."""
        numbers = [self.numbers.pop(id) for id in ids if id in self.numbers]
        for number in numbers:
            del self.rows[number]
        if not self.rows:
            self.search = None
        elif numbers:
            self.search.remove(np.array(numbers))

    def nearest(self, vectors: np.ndarray, count: int, where: Where | None = None) -> list[list[tuple[float, Row]]]:
        """Returns exact cosines and rows, best first, for each unit vector [Q,D]; empty where nothing is compared.

        Raises:
            InputError: an attribute that no row of this tenant has.
        """
        known(where, {key for row in self.rows.values() for key in row.attributes}, "the register")
        if self.search is None:
            return [[] for _ in vectors]
        among = None
        if where:
            fit = {n for n, row in self.rows.items() if where.items() <= row.attributes.items()}
            among = np.isin(self.search.ids, np.fromiter(fit, np.int64, len(fit)))
        scores, ids = self.search.nearest(vectors, count, among)
        return [
            [(float(score), self.rows[int(id)]) for score, id in zip(*pair, strict=True)]
            for pair in zip(scores, ids, strict=True)
        ]

    def counts(self) -> dict[str, int]:
        """Returns the number of images of each label, sorted by label."""
        return dict(sorted(Counter(row.label for row in self.rows.values()).items()))

    def alike(self, row: Row) -> list[tuple[float, Row]]:
        """Returns the rows of other labels that look like this one to the model, most alike first, ten at most."""
        found = self.nearest(row.vector[None], 10)[0]
        return [(score, other) for score, other in found if score >= ALIKE and other.label != row.label]


class Memory:
    """The shelves and facts of a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.state = store, None
        self.shelves: dict[str, Shelf] = {}
        self.facts: dict[str, Any] = {}

    def refresh(self) -> bool:
        """Takes over what changed in the store, whoever changed it; tells whether anything did."""
        changes = self.store.since(self.state)
        if changes is None:
            return False
        self.facts = self.store.facts()
        if changes.gone is None:
            self.shelves = {}
        for shelf in self.shelves.values():
            shelf.drop(changes.gone or [])
        groups: dict[str, list[Row]] = {}
        for row in changes.rows:
            groups.setdefault(row.attributes.get("tenant", ""), []).append(row)
        for tenant, rows in groups.items():
            self.shelves.setdefault(tenant, Shelf()).put(rows)
        self.state = changes.state
        return True

    def shelf(self, tenant: str) -> Shelf:
        """Returns the shelf of a tenant, an empty one for one that has nothing."""
        return self.shelves.get(tenant) or Shelf()

    def threshold(self, tenant: str, measured: list[dict]) -> dict:
        """Returns the threshold of a tenant: their own, that of the gallery, or what was measured with the model.

        Raises:
            InputError: there is none.
        """
        for name in (f"threshold/{tenant}", "threshold"):
            if self.facts.get(name):
                return thresholds.checked(self.facts[name], f"{self.store.address}: its {name}")
        if measured:
            return thresholds.choose(measured, "the model")
        raise InputError("there is no threshold, so an unregistered document would get the nearest label: calibrate.")
