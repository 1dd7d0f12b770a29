"""What docs/inputs.md shows is true: its notebook runs, its kinds and folders are those of the code."""

import re
from pathlib import Path

from docclf.imaging.file.kinds import KINDS

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "inputs.md").read_text()


def test_the_notebook_runs():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    found: dict = {}
    exec(block, found)
    assert found["encoder"].backbone.out_channels > 0 and found["config"].image_size == 64
    assert len(block.splitlines()) <= 10


def test_every_kind_that_is_not_read_is_in_the_table():
    for kind in KINDS:
        word = re.split(r"[ ,]", kind.name.removeprefix("a ").removeprefix("an "))[0]
        assert word.lower() in PAGE.lower(), kind.name
