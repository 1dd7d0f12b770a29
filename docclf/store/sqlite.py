"""Rows in one SQLite database, written ahead (WAL): several processes read and write it, and a kill loses nothing."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.store.base import MOST_PICTURE, Changes, Row, Where, known, ranked, sound
from docclf.store.retry import Down
from docclf.utils.reading import plain_json
from docclf.utils.text import to_json

MARK, VERSION = 0x646F6363, 1  # "docc": application_id of our databases
BUSY = 10.0  # seconds that a writer waits for another
COLUMNS = "id, label, name, sha256, vector, fingerprint, attributes"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, label TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
  vector BLOB NOT NULL, fingerprint TEXT NOT NULL, attributes TEXT NOT NULL, picture BLOB) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS changes (state INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE) STRICT;
PRAGMA application_id={MARK};
PRAGMA user_version={VERSION};
"""


class Sqlite:
    """A `docclf.store.base.Store` in a database file.

    Args:
        path: NAME.db; made where there is none.

    Raises:
        InputError: a file that is no such database.
    """

    def __init__(self, path: str | Path) -> None:
        self.address, self._lock = str(path), threading.RLock()
        with self._told():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)
            mark = self._db.execute("PRAGMA application_id").fetchone()[0]
            if mark != MARK and self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise InputError(f"{path} is a database of something else; give another NAME.db.")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise InputError(f"{path} has version {version}, this docclf reads {VERSION}; register again.")
            for line in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF", "cell_size_check=ON"):
                self._db.execute(f"PRAGMA {line}")
            if not version:
                self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")

    def insert(self, rows: Sequence[Row]) -> None:
        """Writes rows in one transaction."""
        with self._writing():
            one = self._db.execute("SELECT fingerprint, length(vector) / 4 FROM rows LIMIT 1").fetchone()
            sound(rows, self.address, *(one or (self.facts().get("fingerprint"), None)))
            values = [
                (r.id, r.label, r.name, r.sha256, r.vector.tobytes(), r.fingerprint, to_json(r.attributes), r.picture)
                for r in rows
            ]
            self._db.executemany(f"INSERT OR REPLACE INTO rows ({COLUMNS}, picture) VALUES (?,?,?,?,?,?,?,?)", values)
            self._changed([row.id for row in rows])

    def rebuild(self, rows: Sequence[Row], facts: Mapping[str, Any], state: int) -> bool:
        """Puts rows of another model in the place of all, in one transaction, unless something changed since ``state``.

        Returns:
            Whether it did.
        """
        with self._writing():
            if self._db.execute("SELECT coalesce(max(state), 0) FROM changes").fetchone()[0] != state:
                return False
            sound(rows, self.address, None, None)
            values = [(row.vector.tobytes(), row.fingerprint, row.id) for row in rows]
            self._db.executemany("UPDATE rows SET vector=?, fingerprint=? WHERE id=?", values)
            if self._db.execute("SELECT count(DISTINCT fingerprint) FROM rows").fetchone()[0] > 1:
                raise InputError(f"{self.address}: some rows would stay of the old model; nothing was changed.")
            pairs = [(name, to_json(value)) for name, value in facts.items()]
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?,?)", pairs)
            self._changed([*[row.id for row in rows], ""])
            return True

    def delete(self, ids: Sequence[str]) -> int:
        """Takes rows out in one transaction."""
        with self._writing():
            gone = [id for id in ids if self._db.execute("DELETE FROM rows WHERE id=?", (id,)).rowcount]
            self._changed(gone)
            return len(gone)

    def scan(self, where: Where | None = None, pictures: bool = False) -> Iterator[Row]:
        """Yields rows by id."""
        clause, values = self._clause(where)
        wanted = f"CASE WHEN length(picture) <= {MOST_PICTURE} THEN picture END" if pictures else "NULL"
        last = ""
        while True:
            query = f"SELECT {COLUMNS}, {wanted} FROM rows WHERE id > ? {clause} ORDER BY id LIMIT 500"
            if not (found := self._rows(self._all(query, (last, *values)))):
                return
            yield from found
            last = found[-1].id

    def count(self, where: Where | None = None) -> int:
        """Returns how many rows there are."""
        clause, values = self._clause(where)
        return self._all(f"SELECT count(*) FROM rows WHERE 1 {clause}", values)[0][0]

    def nearest(self, query: np.ndarray, count: int, where: Where | None = None) -> list[tuple[float, Row]]:
        """Computes every cosine; a service keeps the vectors in memory instead."""
        return ranked(query, list(self.scan(where)), count)

    def picture(self, id: str) -> bytes | None:
        """Returns the picture of a row."""
        found = self._all("SELECT picture FROM rows WHERE id=? AND length(picture) <= ?", (id, MOST_PICTURE))
        return bytes(found[0][0]) if found else None

    def facts(self) -> dict[str, Any]:
        """Returns the facts."""
        try:
            return {name: plain_json.parse(value) for name, value in self._all("SELECT name, value FROM facts")}
        except ValueError as error:
            raise InputError(f"{self.address} is damaged: a fact is no JSON ({error}).") from error

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Writes facts in one transaction."""
        with self._writing():
            rows = [(name, to_json(value)) for name, value in facts.items()]
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?,?)", rows)
            self._changed([""])  # no row's id: a reader sees that something changed

    def since(self, state: int | None) -> Changes | None:
        """Returns the rows that changed since, found by the log of changes."""
        with self._lock, self._told():
            new = self._all("SELECT coalesce(max(state), 0) FROM changes")[0][0]
            if new == state:
                return None
            if state is None or new < state:  # counted back, it is another file than the one that was read before
                return Changes(new, list(self.scan()), None)
            ids = [line[0] for line in self._all("SELECT id FROM changes WHERE state > ? AND id != ''", (state,))]
            one = f"SELECT {COLUMNS}, NULL FROM rows WHERE id=?"
            rows = self._rows([line for id in ids for line in self._all(one, (id,))])
            return Changes(new, rows, sorted(set(ids) - {row.id for row in rows}))

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def _changed(self, ids: Sequence[str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO changes (id) VALUES (?)", [(id,) for id in ids])

    def _clause(self, where: Where | None) -> tuple[str, list[str]]:
        if not where:
            return "", []
        keys = self._all("SELECT DISTINCT key FROM rows, json_each(rows.attributes)")
        known(where, {line[0] for line in keys}, self.address)
        one = "AND EXISTS (SELECT 1 FROM json_each(attributes) WHERE key = ? AND value = ?)"
        return one * len(where), [text for pair in where.items() for text in pair]

    def _rows(self, lines: list[tuple]) -> list[Row]:
        try:
            rows = [
                Row(id, label, name, sha256, np.frombuffer(vector, np.float32), of, plain_json.parse(text), picture)
                for id, label, name, sha256, vector, of, text, picture in lines
            ]
            sound(rows, self.address, None, None)
        except (InputError, ValueError, TypeError, AttributeError) as error:
            raise InputError(f"{self.address} is damaged or not of docclf: {error}") from error
        return rows

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[tuple]:
        with self._lock, self._told():
            return self._db.execute(query, tuple(values)).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, which other writers wait for; on an error nothing of it stays."""
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read only: the file is as it was
            raise Down(f"{self.address}: {error}; nothing was changed. Free what holds it, and try again.") from error
        except (sqlite3.DatabaseError, OSError) as error:
            raise InputError(f"{self.address} cannot be used as a database ({error}).") from error
