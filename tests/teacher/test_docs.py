import contextlib
import io
import re

import torch
from conftest import ROOT

from docclf.teacher.term.cosine import Cosine
from docclf.teacher.term.kl import KL


def test_the_example_prints_what_the_page_says():
    page = (ROOT / "docs/teacher.md").read_text()
    code, printed = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", page, re.DOTALL).groups()
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/teacher.md", "exec"), {})
    assert out.getvalue() == printed


def test_the_originals_term_is_the_cosine_over_the_width():
    generator = torch.Generator().manual_seed(0)
    for width in (64, 512):
        for mix in (0.0, 0.5, 0.95):
            teacher = torch.randn(32, width, generator=generator, dtype=torch.float64)
            noise = torch.randn(32, width, generator=generator, dtype=torch.float64)
            student = mix * teacher + (1 - mix) * noise
            ratio = width * KL()(student, teacher) / Cosine()(student, teacher)
            assert abs(ratio - 1) < 2 / width**0.5
