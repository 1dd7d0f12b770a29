"""Names that a file system allows and labels that a person types, written so that any reader takes them."""

import json
import re
from typing import Any

# Controls of both ranges, line and paragraph separators, halves of surrogate pairs (bytes of a file name that are no
# UTF-8), and the marks that make a terminal or a page show what follows in another order.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str, keep: str = "") -> str:
    r"""Returns text for a terminal, a log or a page: what could move the cursor or end a line is spelled out.

    Letters, spaces, joiners and emoji of every script stay as they are. A byte that is no UTF-8 becomes `\xe9`, an
    escape `\x1b`, an override of the direction `\u202e`.

    Args:
        text: of any origin.
        keep: characters that stay, for a text of several lines.
    """

    def spelled(found: re.Match) -> str:
        code = ord(found[0])
        if found[0] in keep:
            return found[0]
        if 0xDC80 <= code <= 0xDCFF:
            code -= 0xDC00
        return {10: "\\n", 13: "\\r", 9: "\\t"}.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _UNSAFE.sub(spelled, text)


def to_json(value: Any, **options: Any) -> str:
    """Returns JSON that is valid UTF-8 when it is encoded, and that reads back as the same text, byte for byte.

    Args:
        value: of plain types.
        options: of `json.dumps`.
    """
    return valid(json.dumps(value, ensure_ascii=False, **options))


def valid(text: str) -> str:
    r"""Returns text without halves of surrogate pairs: `\udce9` for each, which JSON reads as the byte it was."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
