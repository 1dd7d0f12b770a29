import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.synthetic import draw as module
from docclf.synthetic.design import KINDS, kind_of, make_look
from docclf.synthetic.draw import draw
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page

RECORDED = Path(__file__).with_name("digests.json")
ROOT = Path(__file__).resolve().parents[2]
ONE_OF_EACH = {kind: next(d for d in range(9, 45 * 40) if d % 45 >= 9 and kind_of(d, 0) == kind) for kind in set(KINDS)}
PROGRAM = """
import hashlib, json, sys
from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw
digests = {}
for kind, design in sorted(json.loads(sys.argv[1]).items()):
    for fill in (0, 3):
        image = draw(design, fill, 0)
        digests[f"{kind} {fill}"] = hashlib.sha256(image.tobytes()).hexdigest()[:16]
    digests[f"{kind} captured"] = hashlib.sha256(capture(image, (1, design)).tobytes()).hexdigest()[:16]
print(json.dumps(digests))
"""


def digests(hash_seed: str, threads: str, locale: str) -> dict[str, str]:
    """Draws in a fresh process."""
    settings = {"PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, json.dumps(ONE_OF_EACH)]
    return json.loads(subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True).stdout)


def versions() -> dict[str, str]:
    """What the bytes depend on besides this code."""
    return {name: version(name) for name in ("pillow", "numpy", "matplotlib")}


def test_the_same_bytes_in_every_process_and_as_recorded():
    first = digests("0", "1", "C")
    assert first == digests("12345", "4", "C.UTF-8")
    assert len(set(first.values())) == len(first) == 3 * len(ONE_OF_EACH)
    recorded = json.loads(RECORDED.read_text())
    if recorded["versions"] == versions():
        assert recorded["drawing"] == module.VERSION, f"record again: python {Path(__file__).name}"
        assert recorded["digests"] == first


@pytest.mark.parametrize("kind", sorted(set(KINDS)))
def test_designs_and_fills_differ_and_neither_changes_the_shape_of_the_other(kind):
    design = ONE_OF_EACH[kind]
    images = [draw(design, fill, 0) for fill in range(3)]
    assert all(image.dtype == np.uint8 and image.shape == images[0].shape for image in images)
    assert max(images[0].shape) == 256 and images[0].shape[2] == 3
    assert images[0].std() > 10
    for other in images[1:]:
        changed = (np.abs(images[0].astype(int) - other).max(2) > 24).mean()
        assert 0.002 < changed < 0.4
    assert np.array_equal(images[0], draw(design, 0, 0))
    assert not np.array_equal(images[0], draw(design, 0, 1))


def test_a_fill_never_moves_the_structure():
    for design in range(60):
        left = set()
        for fill in (0, 1, 77):
            look = make_look(design, 0)
            page = Page(*look.structure.pick(module._layout(look.kind).SIZES), look)
            module._layout(look.kind).layout(page, look, Fill(0, fill))
            left.add((look.structure.below(2**32), look.decor.below(2**32)))
        assert len(left) == 1, f"design {design} draws its structure from the fill"


def test_two_designs_of_a_kind_differ_more_than_two_fills_of_one():
    for kind, first in ONE_OF_EACH.items():
        others = [d for d in range(first + 1, 45 * 60) if d % 45 >= 9 and kind_of(d, 0) == kind][:4]
        small = [draw(d, 0, 0)[::8, ::8].astype(int) for d in others]
        mine, again = draw(first, 0, 0)[::8, ::8].astype(int), draw(first, 1, 0)[::8, ::8].astype(int)
        same_shape = [other for other in small if other.shape == mine.shape]
        assert all(np.abs(mine - other).mean() > np.abs(mine - again).mean() for other in same_shape)


@pytest.mark.parametrize("side", [16, 33, 512])
def test_sizes_keep_the_proportions(side):
    image = draw(ONE_OF_EACH["identity_card"], 0, 0, side)
    assert max(image.shape) == side
    assert 1.3 < image.shape[1] / image.shape[0] < 1.7


def test_sizes_out_of_range_are_refused():
    with pytest.raises(InputError, match="long_side=1024"):
        draw(0, 0, 0, 1024)


if __name__ == "__main__":
    facts = {"drawing": module.VERSION, "versions": versions(), "digests": digests("0", "1", "C")}
    RECORDED.write_text(json.dumps(facts, indent=1) + "\n")
