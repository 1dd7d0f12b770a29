"""The bytes of an ONNX file, looked at before anything is built from them: what they may name, and their digest.

An ONNX file is a protocol buffer, a row of (number, value) fields, which onnx.proto of the ONNX project lists.
"""

import hashlib
from collections.abc import Iterator

from docclf.errors import InputError

LIMIT = 2**31  # bytes; a protocol buffer holds no more
DEPTH, STEPS = 20, 2_000_000
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
ENDLESS = ("Loop", "Scan")  # may run for ever, whatever their size
KEY = "sha256"  # of the bytes before it: the last entry of the metadata
SIGNED = "digest"  # an entry that says that there is one
# Number of a field to the kind of message in it, for each kind that may hold tensors or operators.
_INSIDE = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


def signed(content: bytes) -> bytes:
    """Returns the bytes of a model with the sha256 of them as its last metadata; readers of ONNX see one entry more."""
    return content + _entry(hashlib.sha256(content).hexdigest())


def check(content: bytes, path: str) -> None:
    """Raises InputError when the bytes are not those that were written, or name what no network needs.

    Those are tensors in other files, operators of other libraries, and loops.
    """
    end = len(content) - len(_entry("0" * 64))
    last, digest = content[max(end, 0) :], hashlib.sha256(content[: max(end, 0)]).hexdigest()
    try:
        says = _check_part(memoryview(content), "model", path, [STEPS], DEPTH)
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no ONNX file, or it is cut off; copy it again.") from error
    # Of the two signs that a digest follows, one changed byte can hide but one.
    if (says or last[:-64] == _entry(digest)[:-64]) and last != _entry(digest):
        raise InputError(f"{path}: its digest is wrong, so it changed since it was written; copy it again.")


def _entry(digest: str) -> bytes:
    """Returns the metadata entry (field 14 of the model) with key and value."""
    pair = b"\x0a" + bytes([len(KEY)]) + KEY.encode() + b"\x12" + bytes([len(digest)]) + digest.encode()
    return b"\x72" + bytes([len(pair)]) + pair


def _check_part(view: memoryview, kind: str, path: str, left: list[int], depth: int) -> bool:
    """Walks a message; returns whether its metadata says that a digest follows."""
    says = False
    if depth < 0:
        raise InputError(f"{path} nests its graphs deeper than {DEPTH}; no network is such.")
    for number, value in _fields(view):
        left[0] -= 1
        if left[0] < 0:
            raise InputError(f"{path} has more than {STEPS} parts; no network is such.")
        if kind == "tensor" and (number == 13 or (number == 14 and value != 0)):
            raise InputError(f"{path} keeps weights in another file, which is not opened; export it with them inside.")
        if kind == "node" and number in (4, 7):
            _check_operator(bytes(value).decode(), number == 7, path)
        if kind == "model" and number == 14 and not isinstance(value, int):
            says |= (1, SIGNED.encode()) in [(n, bytes(v)) for n, v in _fields(value) if not isinstance(v, int)]
        inner = _INSIDE[kind].get(number)
        if inner and not isinstance(value, int):
            _check_part(value, inner, path, left, depth - 1)
    return says


def _check_operator(name: str, is_domain: bool, path: str) -> None:
    if (is_domain and name not in DOMAINS) or (not is_domain and name in ENDLESS):
        raise InputError(
            f"{path} uses {'operators of ' if is_domain else 'the operator '}{name[:60]!r}, which no embedding needs; "
            "export the network without it."
        )


def _fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yields number and value of each field of a message; raises IndexError or ValueError where it is none."""
    at = 0
    while at < len(view):
        tag, at = _varint(view, at)
        kind, size = tag & 7, 0
        if kind == 0:
            value, at = _varint(view, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, at = _varint(view, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        if size > len(view) - at or kind not in (1, 2, 5):
            raise ValueError("no field")
        yield tag >> 3, view[at : at + size]
        at += size


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = view[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("no number")
