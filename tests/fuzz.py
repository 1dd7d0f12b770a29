"""Mutations of good files of each format: every reader ends in an answer or in an InputError that names the file.

    python -m tests.fuzz [FORMAT ...] [--count 2000] [--seed 0]

runs thousands, in a process of 2 GB and with some seconds for each; tests/test_fuzz.py runs a few of each.
"""
# ruff: noqa: E402  the path comes first

import argparse
import importlib.util
import json
import logging
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from fuzz_formats import FORMATS, NEEDS, SEALED

from docclf.errors import InputError

SECONDS, MEMORY = 20, 2 * 2**30


def mutated(content: bytes, random: random.Random) -> bytes:
    """Returns bytes with a few of them changed, cut, doubled or moved, or a number made enormous."""
    made = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        at, kind = random.randrange(len(made) or 1), random.randrange(7)
        length = random.choice((1, 2, 4, 8, 30))
        if kind == 0 and made:
            made[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            made[at : at + length] = random.choice((b"\xff", b"\0", b"\x7f", b"9", b"[", b'"')) * length
        elif kind == 2:
            del made[at:]
        elif kind == 3:
            del made[at : at + length]
        elif kind == 4:
            made[at:at] = made[at : at + length]
        elif kind == 5:
            other = random.randrange(len(made) or 1)
            made[at : at + length] = made[other : other + length]
        else:
            made[at:at] = bytes(random.randrange(256) for _ in range(length))
    return bytes(made)


def flipped(content: bytes, random: random.Random) -> bytes:
    """Returns bytes with one of them changed."""
    made = bytearray(content)
    made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def run(name: str, count: int, seed: int, folder: Path) -> dict[str, int]:
    """Reads mutations of one format; raises whatever else than an answer or an InputError comes.

    Returns:
        How many were answered and how many refused.
    """
    chance, found = random.Random(f"{name} {seed}"), {"answered": 0, "refused": 0}
    path, read = FORMATS[name](folder)
    content, good = path.read_bytes(), read()
    for number in range(count):
        one = name in SEALED and number % 2 == 0
        changed = (flipped if one else mutated)(content, chance)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(changed)
        try:
            answer = read()
            found["answered"] += 1
        except InputError:
            found["refused"] += 1
            continue
        except BaseException as error:
            error.add_note(f"{name}, mutation {number} of seed {seed}")
            raise
        if one:
            assert answer == good, f"{name}: mutation {number} of seed {seed} changed the answer and was not found"
    return found


def main() -> None:
    """Runs many of each format, bounded in memory and time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()  # of what is made anew
    failed = 0
    for name in given.formats or FORMATS:
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            print(json.dumps({"format": name, "left out": f"{NEEDS[name]} is not installed"}), flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            run(name, 1, given.seed, Path(folder))  # what it imports is not counted
            resource.setrlimit(resource.RLIMIT_DATA, (_data() + MEMORY, resource.RLIM_INFINITY))
            signal.alarm(SECONDS + given.count)
            start = time.perf_counter()
            try:
                found = run(name, given.count, given.seed, Path(tempfile.mkdtemp(dir=folder)))
            except Exception:
                traceback.print_exc()
                found, failed = {"failed": 1}, failed + 1
            signal.alarm(0)
            resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(json.dumps({"format": name, **found, "seconds": round(time.perf_counter() - start, 1)}), flush=True)
    sys.exit(bool(failed))


def _data() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))


if __name__ == "__main__":
    main()
