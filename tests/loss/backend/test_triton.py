"""The Triton kernels against the class blocks: in Triton's interpreter here, on the GPU where there is one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from docclf.errors import InputError
from docclf.loss.backend.choose import choose
from docclf.loss.backend.product import Product

TESTS = Path(__file__).parents[2]


def test_kernels_in_the_interpreter():
    pytest.importorskip("triton")
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, str(TESTS / "loss_fused_check.py")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_kernels_on_cuda():
    from loss_fused_check import compare

    compare("cuda")


@pytest.mark.skipif(os.environ.get("TRITON_INTERPRET") == "1", reason="the interpreter serves the CPU")
def test_refused_without_cuda():
    with pytest.raises(InputError, match="CUDA"):
        choose("triton", Product(), torch.device("cpu"))
