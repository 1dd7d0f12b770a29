"""Numbers that a seed and a name decide."""

import hashlib


def number(*parts: object) -> int:
    """Returns a 63-bit number that is a function of the parts alone."""
    digest = hashlib.sha256("|".join(str(part) for part in parts).encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
