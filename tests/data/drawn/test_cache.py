import pytest

from docclf.data.drawn import cache as drawings
from docclf.synthetic.worker import Row


def test_a_drawing_process_that_is_killed_names_the_file_and_leaves_nothing(tmp_path, monkeypatch):
    start = drawings._start

    def doomed():
        child = start()
        child.kill()
        return child

    monkeypatch.setattr(drawings, "_start", doomed)
    with pytest.raises(RuntimeError, match=r"status -9 while drawing .*synthetic/.*\.part"):
        drawings.cached([Row(design, design, False) for design in range(8)], 16, 0, 1.0, str(tmp_path), 2)
    assert not list(tmp_path.rglob("*.u8")) and not list(tmp_path.rglob("*.part"))
