"""How far an unfinished pack has come: one line for the plan, one for every block that is on disk."""

import hashlib
import json
import os
from pathlib import Path

from docclf.errors import InputError
from docclf.utils import atomic

NAME = "journal.jsonl"


def digest(payload: bytes | memoryview) -> str:
    """Returns the checksum of a block, half a sha256 in hex (processors have instructions for it)."""
    return hashlib.sha256(payload).hexdigest()[:32]


def replace(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, and removes what a killed writer left of it; raises OSError."""
    for stale in path.parent.glob(f".{path.name}.*{atomic.PART}"):
        stale.unlink(missing_ok=True)
    atomic.replace(path, lambda temporary: Path(temporary).write_bytes(content))


class Journal:
    """Blocks written so far, appended to as more are written.

    A process killed at any moment leaves at most a broken last line, or a block whose line or bytes are not there;
    both are cut off when the journal is opened again, and every block that stays is compared with its checksum.

    Args:
        folder: the unfinished pack.
        plan: what will be written and with what; a journal of another plan is not continued.
        data: the file the blocks are in.

    Attributes:
        blocks: `{"digest": str, "sizes": bytes of each part}` of each whole block.

    Raises:
        InputError: when the folder holds an unfinished pack of another plan.
    """

    def __init__(self, folder: Path, plan: dict, data: Path):
        self.path, self.plan = folder / NAME, plan
        self.blocks: list[dict] = []
        known = self._lines()
        if known and known[0] != plan:
            other = ", ".join(f"{k}: {known[0].get(k)} then, {v} now" for k, v in plan.items() if known[0].get(k) != v)
            raise InputError(
                f"{folder}: an unfinished pack of another plan is there ({other}). Restore what changed, or delete the "
                "folder and start again."
            )
        self._keep(known[1:], data)
        replace(self.path, "".join(json.dumps(line) + "\n" for line in (plan, *self.blocks)).encode())
        self._stream = open(self.path, "a")

    def add(self, checksum: str, sizes: list[int]) -> None:
        """Notes a block whose bytes were handed to the disk."""
        self.blocks.append({"digest": checksum, "sizes": sizes})
        self._stream.write(json.dumps(self.blocks[-1]) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Closes the file; it stays for the next start."""
        self._stream.close()

    def _lines(self) -> list[dict]:
        lines = []
        try:
            for line in self.path.read_text().splitlines(keepends=True):
                if not line.endswith("\n"):
                    break
                lines.append(json.loads(line))
        except FileNotFoundError:
            pass
        except ValueError:  # a line that power loss left as zeros; what is before it counts
            pass
        return lines

    def _keep(self, known: list[dict], data: Path) -> None:
        """Takes over the blocks whose bytes are on disk as they were written, and cuts the data file behind them."""
        if not data.exists():
            return
        end = 0
        with open(data, "r+b") as stream:
            for block in known:
                payload = stream.read(sum(block["sizes"]))
                if digest(payload) != block["digest"]:
                    break
                self.blocks.append(block)
                end += len(payload)
            stream.truncate(end)
            os.fsync(stream.fileno())
