"""A few mutations of a good file of each format; `python -m tests.fuzz` runs thousands."""

import fuzz
import pytest


@pytest.mark.parametrize("name", fuzz.FORMATS)
def test_every_reader_ends_in_an_answer_or_a_sentence(name, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path))
    if name == "onnx":
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    count = 12 if name == "checkpoint" else 40
    assert sum(fuzz.run(name, count, 0, tmp_path).values()) == count
