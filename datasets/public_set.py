"""What the scripts of this folder share: count, index, pack and record a set.

Nothing is downloaded unless --download is given, and nothing is used before its checksum or its counts are right.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from archives import BROKEN, PublicSet, check_digest, fetch

from docclf import __version__
from docclf.cli import entry as cli
from docclf.data.index.build import Index, build_index
from docclf.errors import InputError
from docclf.utils import atomic

RECORD = "prepared.json"


def arguments(about: PublicSet) -> argparse.ArgumentParser:
    """Returns the command line that all sets share."""
    parser = argparse.ArgumentParser(description=f"Prepares {about.title}.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--root", type=Path, help="folder where the set is unpacked already")
    source.add_argument("--archive", type=Path, help=f"the archive {about.archive}")
    source.add_argument("--download", action="store_true", help=f"fetch {about.url or 'it (needs an account)'}")
    parser.add_argument("--out", type=Path, default=Path("datasets") / about.name, help="folder to prepare it in")
    parser.add_argument("--pack", type=int, metavar="SIDE", help="also make a pack of that side, pixels")
    parser.add_argument("--partial", action="store_true", help="accept another number of images, and record it")
    return parser


def located(about: PublicSet, chosen: argparse.Namespace, unpack: Callable[[Path, Path], None]) -> Path:
    """Returns the folder of the unpacked set, fetched and unpacked first where that was asked for."""
    if chosen.root:
        return chosen.root
    archive = chosen.archive
    if chosen.download:
        archive = fetch(about, chosen.out)
    if not archive.is_file():
        raise InputError(f"--archive={archive}: there is no such file. {about.how}")
    check_digest(about, archive)
    target = chosen.out / "images"
    if target.exists():
        raise InputError(f"{target} exists; give --root {target} to check what is there, or remove it.")
    temporary = chosen.out / ".unpacking"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        unpack(archive, temporary)
        os.replace(temporary, target)
    except BROKEN as error:
        raise InputError(f"{archive} is no readable archive ({error}); fetch it again.") from error
    except OSError as error:
        raise InputError(f"{archive} could not be unpacked into {chosen.out} ({error}).") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def counted(about: PublicSet, index: Index, partial: bool) -> dict[str, int]:
    """Returns how many images and class folders there are.

    Raises:
        InputError: not as many as the set has, and not ``partial``.
    """
    names = [entry.path for entry in index.entries] + [name for name, _ in index.skipped]
    found = {"images": len(names), "folders": len({name.split("/")[0] for name in names if "/" in name})}
    want = {"images": about.images, "folders": found["folders"] if about.folders is None else about.folders}
    if found != want and not partial:
        raise InputError(
            f"{index.root}: {found['images']} images in {found['folders']} folders; {about.title} has "
            f"{want['images']} in {want['folders']}. If you want a part of it, say --partial."
        )
    return found


def prepare(about: PublicSet, chosen: argparse.Namespace, root: Path, more: dict | None = None) -> dict:
    """Counts and indexes the images below ``root``, packs them if asked, and records what was found in ``--out``."""
    index = build_index(root, unique=False, argument="--root")
    found = counted(about, index, chosen.partial)
    record = {
        "set": about.name,
        "docclf": __version__,
        "location": str(root.absolute()),
        **found,
        "whole": found["images"] == about.images,
        "unreadable": [{"path": path, "reason": reason} for path, reason in index.skipped],
        "fingerprint": index.fingerprint(),
        "licence": about.licence,
        "citation": about.citation,
        **(more or {}),
    }
    if chosen.pack:
        record["pack"] = packed(build_index(root, argument="--root"), chosen.out / f"pack{chosen.pack}", chosen.pack)
    atomic.write_text(chosen.out / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    print(f"{about.title}: {found['images']} images, {len(index.skipped)} of them unreadable, in {root}")
    print(f"licence: {about.licence}\ncite: {about.citation}\nrecord: {chosen.out / RECORD}")
    return record


def packed(index: Index, out: Path, side: int) -> dict:
    """Makes a pack of the different images of an index; see ``python -m docclf.data.pack.read``."""
    from docclf.data.pack.estimate import check_space, predict
    from docclf.data.pack.items import PackItems
    from docclf.data.pack.write import write_pack
    from docclf.imaging.read import MAX_PIXELS

    items = PackItems([index], side, False, MAX_PIXELS)
    check_space(out, predict(items, None).bytes)
    source = {"location": str(index.root), "images": len(index.entries), "fingerprint": index.fingerprint()}
    pack = write_pack(items, out, None, [source])
    print(f"pack: {pack.num_images} images of {side} px in {out}")
    return {"location": str(out), "images": pack.num_images, "fingerprint": pack.fingerprint}


def git_tree(folder: Path) -> str:
    """Returns git's own hash of a folder (its tree object), which a repository's commit vouches for."""
    rows = []
    for path in folder.iterdir():
        if path.is_dir():
            rows.append((f"{path.name}/", b"40000", path.name, git_tree(path)))
        else:
            content = path.read_bytes()
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            rows.append((path.name, b"100644", path.name, blob))
    rows.sort(key=lambda row: os.fsencode(row[0]))
    body = b"".join(mode + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(sha) for _, mode, name, sha in rows)
    return hashlib.sha1(b"tree %d\0" % len(body) + body).hexdigest()


def script(main: Callable[[list[str] | None], object]) -> None:
    """Runs a script's ``main``; errors of the user are one paragraph and exit code 1."""
    cli.run(lambda: main(sys.argv[1:]))
