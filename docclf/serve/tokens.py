"""Who may write, and whose documents a request is about: a token decides, never a field of the request."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from docclf.errors import InputError
from docclf.search.attributes import checked
from docclf.serve.settings import Settings

LEAST = 16  # characters of a token
_Tokens = tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class Who:
    """A caller: the tenant whose rows they are, and whether they may change them."""

    tenant: str
    write: bool


class Refused(Exception):
    """No token, a wrong one (401), or one that may only read (403)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def digest(token: str) -> str:
    """Returns the sha256 by which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def caller(settings: Settings, header: str | None, write: bool) -> Who:
    """Returns who asks; every token is compared, in constant time.

    Args:
        settings: with the tokens.
        header: Authorization of the request, ``Bearer TOKEN``.
        write: whether the request changes something.

    Raises:
        Refused: they may not.
    """
    if not header and not write and settings.open_reads:
        return Who("", False)
    kind, _, token = (header or "").partition(" ")
    mine, found = digest(token.strip()), None
    for known, tenant, may in settings.tokens:
        if hmac.compare_digest(known, mine) and kind.lower() == "bearer":
            found = Who(tenant, may)
    if found is None:
        raise Refused(401, "this needs the token that the service printed at its start: Authorization: Bearer TOKEN")
    if write and not found.write:
        raise Refused(403, "this token may read, not write")
    return found


def read(path: str | Path) -> _Tokens:
    """Returns the tokens of a file: lines of ``TENANT read|write TOKEN``; # begins a comment.

    Raises:
        InputError: naming the line that is none.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"--tokens {path}: cannot be read ({error}).") from error
    found: dict[str, tuple[str, str, bool]] = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or words[1] not in ("read", "write") or len(words[2]) < LEAST:
            raise InputError(
                f"{path}, line {number}: want TENANT read|write TOKEN, the token of {LEAST} characters or more."
            )
        checked({"tenant": words[0]})
        if found.setdefault(known := digest(words[2]), (known, words[0], words[1] == "write"))[1] != words[0]:
            raise InputError(f"{path}, line {number}: this token is another tenant's as well.")
    if not found:
        raise InputError(f"{path} has no token; each line is TENANT read|write TOKEN.")
    return tuple(found.values())


def own(gallery: str) -> str:
    """Returns the token of a gallery without tenants, made once and kept beside it for its owner's eyes."""
    path = Path((gallery if "://" not in gallery else gallery.split("://")[1].replace("/", "_")) + ".token")
    if path.exists():
        token = path.read_text(encoding="utf-8").strip()
        if len(token) < LEAST:
            raise InputError(f"{path} holds no token; remove it, and a new one is made.")
        return token
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(token := secrets.token_urlsafe(24))
    return token
