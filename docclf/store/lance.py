"""Rows in LanceDB: a folder on this machine, or an object store that many machines read and write; one address tells.

Every write is a new version of a table and is there as a whole or not at all; two writers at once are put one behind
the other by the engine (docs/store.md says why this one).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import lancedb
import numpy as np

from docclf.store import columns
from docclf.store.base import Changes, Row, Where, known, ranked, sound
from docclf.store.retry import WAITS, retried
from docclf.utils.reading import plain_json
from docclf.utils.text import to_json

TABLE, FACTS = "rows", "facts"
COMPACT = 100  # versions from which small writes are put together
TRIES = {"client_max_retries": "1", "client_retry_timeout": "5"}  # of the object store's client, inside each of ours
OLD = timedelta(hours=1)  # versions that a slow reader may still have open

T = TypeVar("T")


class Lance:
    """A `docclf.store.base.Store` in LanceDB.

    Args:
        address: NAME.lance, a folder; or s3://BUCKET/NAME, gs:// or az://, whose endpoint and keys are those of the
            environment (AWS_ENDPOINT, AWS_ACCESS_KEY_ID, ...).
        waits: seconds before each further try of a call.

    Raises:
        docclf.store.retry.Down: the object store does not answer.
    """

    def __init__(self, address: str, waits: tuple[float, ...] = WAITS) -> None:
        self.address, self.waits = str(address), waits
        own = {"storage_options": TRIES} if "://" in self.address else {}
        self._db = self._try(lambda: lancedb.connect(self.address, **own))
        self._facts = self._try(lambda: self._made(FACTS, columns.TEXTS))
        self._rows = self._try(lambda: self._db.open_table(TABLE) if TABLE in self._names() else None)

    def insert(self, rows: Sequence[Row]) -> None:
        """Writes rows as one version."""
        there = self._opened() is not None and self.count() > 0
        of = self.facts().get("fingerprint")
        if there:
            first = self._try(lambda: self._rows.search().select(["fingerprint"]).limit(1).to_list())
            of = first[0]["fingerprint"]
        sound(rows, self.address, of, self._width() if there else None)
        if not rows:
            return
        width = len(rows[0].vector)
        if self._rows is None or self._width() != width:  # nothing is in it
            self._rows = self._try(lambda: self._made(TABLE, columns.schema(width), self._rows is not None))
        table = columns.table(rows, self._rows.schema)
        self._try(lambda: self._merge(self._rows, table, "id"))

    def delete(self, ids: Sequence[str]) -> int:
        """Takes rows out as one version."""
        if not ids or self._opened() is None:
            return 0
        listed = f"id IN ({', '.join(map(columns.quoted, ids))})"
        count = self._try(lambda: self._rows.count_rows(listed))
        if count:
            self._try(lambda: self._rows.delete(listed))
        return count

    def scan(self, where: Where | None = None, pictures: bool = False) -> Iterator[Row]:
        """Yields rows by id."""
        if self._opened() is None:
            known(where, set(), self.address)
            return
        clause = self._clause(where)
        wanted = [*columns.PLAIN, "vector", *(["picture"] if pictures else [])]
        ids = self._try(lambda: sorted(self._search(clause, ["id"])["id"].to_pylist()))
        for at in range(0, len(ids), 1000):
            some = f"id IN ({', '.join(map(columns.quoted, ids[at : at + 1000]))})"
            found = self._try(lambda some=some: self._search(some, wanted))
            yield from sorted(columns.read(found, self.address), key=lambda row: row.id)

    def count(self, where: Where | None = None) -> int:
        """Returns how many rows there are."""
        if self._opened() is None:
            known(where, set(), self.address)
            return 0
        clause = self._clause(where)
        return self._try(lambda: self._rows.count_rows(clause))

    def nearest(self, query: np.ndarray, count: int, where: Where | None = None) -> list[tuple[float, Row]]:
        """Lets the engine find candidates, a few more than asked for, and computes their cosines again."""
        if self._opened() is None or not self.count(where):
            return []
        clause, wanted = self._clause(where), [*columns.PLAIN, "vector", "_distance"]

        def ask() -> Any:
            search = self._rows.search(query.astype(np.float32), "vector").distance_type("dot").refine_factor(10)
            search = search.where(clause, prefilter=True) if clause else search
            return search.limit(2 * count + 16).select(wanted).to_arrow()

        return ranked(query, columns.read(self._try(ask), self.address), count)

    def picture(self, id: str) -> bytes | None:
        """Returns the picture of a row."""
        if self._opened() is None:
            return None
        found = self._try(lambda: self._search(f"id = {columns.quoted(id)}", ["picture"])["picture"].to_pylist())
        return found[0] if found else None

    def facts(self) -> dict[str, Any]:
        """Returns the facts."""
        found = self._try(lambda: (self._facts.checkout_latest(), self._facts.to_arrow())[1]).to_pylist()
        return {line["name"]: plain_json.parse(line["value"]) for line in found}

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Writes facts as one version."""
        names = list(facts)
        values = {"name": names, "value": [to_json(facts[name]) for name in names]}
        table = columns.pa.table(values, schema=self._facts.schema)
        self._try(lambda: self._merge(self._facts, table, "name"))

    def since(self, state: int | None) -> Changes | None:
        """Returns all rows when the version of a table is another; the engine keeps no log of rows."""
        self._try(lambda: self._facts.checkout_latest())
        new = int(self._facts.version) + (int(self._rows.version) << 32 if self._opened() is not None else 0)
        return None if new == state else Changes(new, list(self.scan()), None)

    def close(self) -> None:
        """Drops the connection."""
        self._db = self._rows = self._facts = None

    def _try(self, call: Callable[[], T]) -> T:
        return retried(call, self.address, self.waits)

    def _names(self) -> list[str]:
        return list(self._db.list_tables().tables)

    def _made(self, name: str, fields: list, anew: bool = False) -> Any:
        mode = {"mode": "overwrite"} if anew else {"exist_ok": True}
        return self._db.create_table(name, schema=columns.pa.schema(fields), **mode)

    def _opened(self) -> Any:
        """The table as it is now, whoever wrote it last; None before the first row."""
        if self._rows is None:
            self._rows = self._try(lambda: self._db.open_table(TABLE) if TABLE in self._names() else None)
        if self._rows is not None:
            self._try(lambda: self._rows.checkout_latest())
        return self._rows

    def _width(self) -> int:
        return self._rows.schema.field("vector").type.list_size

    def _merge(self, table: Any, new: Any, key: str) -> None:
        table.merge_insert(key).when_matched_update_all().when_not_matched_insert_all().execute(new)
        if table.version % COMPACT == 0:
            table.optimize(cleanup_older_than=OLD)

    def _search(self, clause: str | None, wanted: list[str]) -> Any:
        search = self._rows.search().select(wanted)
        return (search.where(clause) if clause else search).limit(None).to_arrow()

    def _clause(self, where: Where | None) -> str | None:
        """Returns the filter in the engine's SQL; values are quoted, never spelled into it."""
        if not where:
            return None
        tags = self._try(lambda: self._search(None, ["tags"])["tags"].combine_chunks().flatten().unique().to_pylist())
        known(where, {tag.partition("=")[0] for tag in tags}, self.address)
        return " AND ".join(f"array_has(tags, {columns.quoted(f'{key}={value}')})" for key, value in where.items())
