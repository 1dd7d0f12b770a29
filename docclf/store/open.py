"""Which home an address means: the one setting that moves vectors from a file to other machines."""

from itertools import islice
from pathlib import Path

from docclf.errors import InputError
from docclf.store.base import Store
from docclf.utils.text import shown

REMOTE = ("s3://", "gs://", "az://")
HOMES = "NAME.npz (a gallery file), NAME.db (SQLite), NAME.lance (a folder of LanceDB), or s3://BUCKET/NAME (LanceDB)"


def open_store(address: str | Path) -> Store:
    """Returns the store at an address; nothing is written by opening one that is not there but its empty tables.

    Raises:
        InputError: an address of no kind, or a home that is something else.
        docclf.store.retry.Down: an engine that does not answer.
    """
    text = str(address)
    if text.startswith(REMOTE) or (text.endswith(".lance") and "://" not in text):
        try:
            from docclf.store.lance import Lance
        except ImportError as error:
            raise InputError(f"{shown(text)} needs {error.name}: pip install 'docclf[engine]'") from error
        return Lance(text)
    if text.endswith(".db"):
        from docclf.store.sqlite import Sqlite

        return Sqlite(text)
    if text.endswith(".npz"):
        from docclf.store.file import File

        return File(text)
    raise InputError(f"{shown(text)}: want {HOMES}.")


def copy(source: Store, target: Store, batch: int = 500) -> int:
    """Writes all rows, pictures and facts of one home into another; returns the number of rows.

    Rows have their ids, so a copy that was cut off is simply started again.

    Raises:
        InputError: the target holds vectors of another model, or has no place for what a row has.
    """
    facts, there = source.facts(), target.facts().get("fingerprint")
    if there and facts.get("fingerprint") not in (None, there):
        raise InputError(f"{target.address} holds vectors of the model {there[:17]}, {source.address} of another one.")
    target.keep(facts)
    count, rows = 0, source.scan(pictures=True)
    while part := list(islice(rows, batch)):
        target.insert(part)
        count += len(part)
    return count
