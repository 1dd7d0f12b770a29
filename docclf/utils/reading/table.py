"""Tables of files as people save them: other separators and encodings, paths of Windows, blanks."""

import csv
import io
import unicodedata
from pathlib import Path

from docclf.errors import InputError

_SEPARATORS = ",;\t|"


def read_table(path: str | Path, argument: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Returns the column names, in lower case, and (line, column to value) of each row that is not empty.

    The separator is the one of `,`, `;`, tab and `|` that the first line has most of. UTF-8 and UTF-16 are told by
    their marks; bytes that are no UTF-8 stand for themselves, so that a name with them is found. Blanks around values
    are taken off, except around those of the column path (`find_file` looks for both).

    Args:
        path: the file.
        argument: what the user calls it, for errors.

    Raises:
        InputError: the file cannot be read, or is no table.
    """
    try:
        text = _decoded(Path(path).expanduser().read_bytes())
        first = text.lstrip().partition("\n")[0]
        separator = max(_SEPARATORS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]
    except (OSError, RuntimeError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{argument}={path}: cannot be read as a csv table ({error}).") from error
    if not rows:
        raise InputError(f"{argument}={path}: the table is empty; its first line names the columns.")
    header = [name.strip().lower() for name in rows[0][1]]
    found = []
    for line, row in rows[1:]:
        values = dict(zip(header, [*row, *[""] * (len(header) - len(row))], strict=False))
        found.append((line, {name: value if name == "path" else value.strip() for name, value in values.items()}))
    return header, found


def find_file(root: Path, name: str) -> str | None:
    r"""Returns the name of the file below root that a table means; None where there is none, or it lies elsewhere.

    Tried in this order: the name as it is, without blanks around it, with `\` as `/` and without a leading `./`, and
    in the composed and decomposed form of its accents.
    """
    bare = name.strip().replace("\\", "/").removeprefix("./")
    forms = (unicodedata.normalize(form, bare) for form in ("NFC", "NFD"))
    for one in dict.fromkeys((name, name.strip(), bare, *forms)):
        try:
            inside = (root / one).resolve().is_relative_to(root.resolve())  # no link and no .. leads out of it
            if one.strip() and inside and (root / one).is_file():
                return one
        except (OSError, ValueError):  # too long a name, or one with a zero byte
            continue
    return None


def missing_hint(names: list[str]) -> str:
    """Returns what may be wrong with paths that were not found, as a sentence to add to an error; empty if nothing."""
    if any("\udc80" <= letter <= "\udcff" for name in names for letter in name):
        return " The table is no UTF-8: save it as 'CSV UTF-8'."
    if any(name.strip()[1:3] in (":\\", ":/") or name.strip().startswith("\\\\") for name in names):
        return " These are paths of a Windows machine: make them relative to data.root."
    return ""


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
