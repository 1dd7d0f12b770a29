"""A few mutations of a good file of each format; `python -m tests.fuzz` runs thousands."""

import fuzz
import pytest

COUNTS = {"checkpoint": 8, "litdata": 6, "onnx": 30}


@pytest.mark.parametrize("name", fuzz.FORMATS)
def test_every_reader_ends_in_an_answer_or_a_sentence(name, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path))
    if name in fuzz.NEEDS:
        pytest.importorskip(fuzz.NEEDS[name])
    count = COUNTS.get(name, 24)
    assert sum(fuzz.run(name, count, 0, tmp_path).values()) == count
