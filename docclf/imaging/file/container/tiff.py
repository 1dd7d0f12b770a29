"""The first picture of a TIFF file, classic or BigTIFF, without its metadata (TIFF 6.0; Adobe technote 2)."""

import struct

from docclf.errors import InputError
from docclf.imaging.file.container.bare import stated
from docclf.imaging.file.container.directory import Entry, read_entries, write_entries
from docclf.imaging.file.orientation import TAG, as_orientation

_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}  # BYTE, SHORT, LONG, LONG8
_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIP_BYTES, _LARGEST, _PLANAR, _PREDICTOR = 273, 277, 278, 279, 281, 284, 317
_TILE_WIDTH, _TILES, _TILE_BYTES, _SUBFILES, _EXTRA, _FORMAT, _XMP, _DNG = 322, 324, 325, 330, 338, 339, 700, 50706
_PICTURE = {
    *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, _STRIPS, _SAMPLES, _STRIP_BYTES, _PLANAR, _PREDICTOR),
    *(266, _ROWS, 292, 293, 320, _TILE_WIDTH, 323, _TILES, _TILE_BYTES, _EXTRA, _FORMAT, 332, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),
}


class Tiff:
    """The directory of the first picture.

    Args:
        data: the file.

    Attributes:
        order: "<" or ">".
        entries: tag to entry, as far as they can be read.
        orientation: 1 to 8, from the tag or else XMP; None where none is stated.

    Raises:
        InputError: it holds what a camera's sensor saw, no directory, or pixels that are cut off.
    """

    def __init__(self, data: bytes):
        self.data, self.order = data, "<" if data[:2] == b"II" else ">"
        self.big = struct.unpack_from(self.order + "H", data, 2)[0] == 43
        self.entries = read_entries(data, self.order, self.big)
        if _DNG in self.entries or (self.number(_SUBFILE, 0) & 1 and _SUBFILES in self.entries):
            raise InputError("holds raw sensor data and only a preview of the picture; develop it to PNG, JPEG or TIFF")
        self._check_whole()
        tag, packet = self.entries.get(TAG), self.entries.get(_XMP)
        value = as_orientation(tag.kind, self.order, tag.value) if tag and tag.count == 1 else None
        self.orientation = value or stated([], [packet.value] if packet else [])

    def number(self, tag: int, default: int) -> int:
        """Returns the first value of a tag."""
        values = self.values(tag)
        return values[0] if values else default

    def values(self, tag: int) -> list[int]:
        """Returns the values of a tag; none where it is missing or of another type."""
        entry = self.entries.get(tag)
        code = _CODES.get(entry.kind) if entry else None
        return list(struct.unpack(f"{self.order}{entry.count}{code}", entry.value)) if code else []

    @property
    def planes(self) -> int:
        """Samples of a pixel that lie in planes of their own; 1 where they lie together."""
        return self.number(_SAMPLES, 1) if self.number(_PLANAR, 1) == 2 else 1

    @property
    def samples(self) -> int:
        """Samples of a pixel."""
        return self.number(_SAMPLES, 1)

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return self.number(BITS, 1)

    @property
    def differences(self) -> bool:
        """Tells whether samples are stored as differences to those of the pixel before."""
        return self.number(_PREDICTOR, 1) == 2

    @property
    def form(self) -> int:
        """What a sample is: 1 unsigned, 2 signed, 3 float."""
        return self.number(_FORMAT, 1)

    @property
    def alpha(self) -> int | None:
        """What the first extra sample is: 1 premultiplied, 2 apart; None without transparency."""
        extra = self.number(_EXTRA, 0)
        return extra if extra in (1, 2) else None

    @property
    def white(self) -> int:
        """The largest sample that a grey picture says it holds, or that its bits allow."""
        said, most = self.number(_LARGEST, 0), 2 ** (self.bits - (self.form == 2)) - 1
        return said if self.bits == 16 and 255 < said < most else most

    def file(self, **changes: int | list[int]) -> bytes:
        """Returns a file of the same pixels without metadata or further pictures.

        Args:
            changes: `t` and the number of a tag to its new value or values.
        """
        entries = {tag: entry for tag, entry in self.entries.items() if tag in _PICTURE}
        for name, given in changes.items():
            numbers = given if isinstance(given, list) else [given]
            if not numbers:
                entries.pop(int(name[1:]), None)
                continue
            code, kind = ("Q", 16) if self.big else ("I", 4)
            if max(numbers) < 65536 and int(name[1:]) not in (_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES):
                code, kind = "H", 3
            entries[int(name[1:])] = Entry(
                kind, len(numbers), struct.pack(f"{self.order}{len(numbers)}{code}", *numbers)
            )
        return write_entries(self.data, self.order, self.big, entries)

    def plane(self, k: int) -> bytes:
        """Returns plane k as a grey file, black zero."""
        changes = {"t277": 1, "t258": self.bits, "t284": 1, "t262": 1, "t338": [], "t320": [], "t332": []}
        changes["t339"] = self.form
        for tag in (_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES):
            if values := self.values(tag):
                each = len(values) // self.planes
                changes[f"t{tag}"] = values[k * each : (k + 1) * each]
        return self.file(**changes)

    def widened(self) -> bytes:
        """Returns the samples of each pixel side by side as a grey file that is so many times as wide.

        Raises:
            InputError: it has a predictor that is not undone here.
        """
        if self.number(_PREDICTOR, 1) not in (1, 2) or (self.differences and _TILE_WIDTH in self.entries):
            raise InputError(f"is a TIFF of {self.samples} x {self.bits} bit with a predictor; save it without one")
        changes = {"t277": 1, "t258": self.bits, "t262": 1, "t317": 1, "t338": [], "t332": [], "t339": self.form}
        changes["t256"] = self.number(WIDTH, 0) * self.samples
        if width := self.number(_TILE_WIDTH, 0):
            changes["t322"] = width * self.samples
        return self.file(**changes)

    def _check_whole(self) -> None:
        """Raises InputError where pixels lie behind the end of the file, which a decoder would look for elsewhere."""
        places, sizes = (
            (self.values(_TILES) or self.values(_STRIPS)),
            self.values(_TILE_BYTES) or self.values(_STRIP_BYTES),
        )
        height, tiled = self.number(HEIGHT, 0), bool(self.values(_TILES))
        rows = max(1, min(self.number(_ROWS, height), height))
        line = -(-self.number(WIDTH, 0) * self.bits * (self.samples if self.planes == 1 else 1) // 8)
        raw = self.number(COMPRESSION, 1) == 1 and not tiled
        for k, place in enumerate(places):
            size = sizes[k] if k < len(sizes) else len(self.data) if raw else 1
            if raw:  # some writers count more than there is
                size = min(size, line * min(rows, height - k % -(-height // rows) * rows))
            if place + size > len(self.data):
                raise InputError(f"is cut off: its pixels reach to byte {place + size} of {len(self.data)}")
