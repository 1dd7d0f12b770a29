"""Drift between models whose difference is known, and its page."""

import numpy as np
import pytest
from image_files import save
from scipy.stats import ortho_group

from docclf.drift import __main__ as command
from docclf.drift import measures
from docclf.errors import InputError
from docclf.gallery.embedder import Embedder
from docclf.versions.align import unit


def sets(seed=0, width=8, noise=0.1):
    draw = np.random.default_rng(seed)
    register = draw.normal(size=(60, width))
    query = register.repeat(2, 0) + noise * draw.normal(size=(120, width))
    labels = [f"t{i}" for i in range(60)]
    return (unit(register), unit(query)), (labels, [name for name in labels for _ in "ab"]), list(map(str, range(120)))


def test_the_same_model_drifts_nowhere():
    both, labels, names = sets()
    found = measures.measure(both, both, labels, names)
    assert found.agreement == 1 and not found.changes and found.right == (1.0, 1.0)
    assert min(found.direct) > 1 - 1e-9 and found.cka == pytest.approx(1)
    assert set(found.thresholds) == {1e-2} and found.thresholds[1e-2][0] == found.thresholds[1e-2][1]


def test_a_turn_changes_cosines_between_but_no_answer():
    both, labels, names = sets()
    turn = ortho_group.rvs(8, random_state=2)
    found = measures.measure(both, tuple(side @ turn for side in both), labels, names)
    assert found.agreement == 1 and found.cka == pytest.approx(1)
    assert found.direct[3] < 0.9 and found.aligned[0] > 1 - 1e-6


def test_another_model_changes_answers_and_names_them():
    both, labels, names = sets()
    draw = np.random.default_rng(5)
    other = tuple(unit(side[:, :5] + 0.5 * draw.normal(size=(len(side), 5))) for side in both)
    found = measures.measure(both, other, labels, names)
    assert found.direct is None and found.cka < 0.95
    assert found.right[0] == 1 > found.right[1] and len(found.changes) == round(120 * (1 - found.agreement))
    change = found.changes[0]
    assert change.own == change.old == labels[1][int(change.name)] != change.new


class Mean:
    image_size = 4

    def __init__(self, turn):
        self.turn = turn

    def __call__(self, images):
        import torch

        return torch.from_numpy(images.float().mean(3).flatten(1).numpy() @ self.turn + 1).float()


def test_the_page_and_its_folder(tmp_path, monkeypatch, capsys):
    for part, count in (("register", 6), ("query", 9)):
        for i in range(count):
            pixels = np.random.default_rng(i % 6).integers(0, 256, (4, 4, 3), dtype=np.uint8)
            save(tmp_path / part / f"<b>{i % 6}</b>"[:2].replace("<", "k") / f"{i}.png" if part == "query"
                 else tmp_path / part / f"type {i}.png", pixels)  # fmt: skip
    models = {"a": np.eye(12), "b": np.random.default_rng(1).normal(size=(12, 7))}
    monkeypatch.setattr(command, "open_model", lambda path, _: Embedder(Mean(models[path]), path))
    monkeypatch.setattr("sys.argv", ["drift", "a", "b", str(tmp_path), "-o", str(tmp_path / "d.html")])
    command.main()
    said = capsys.readouterr().out
    assert "linear CKA" in said and "images: 15" in said and "Answers that change" in (tmp_path / "d.html").read_text()
    with pytest.raises(InputError, match="no folder register there"):
        command.drift(*(Embedder(Mean(models[k]), k) for k in "ab"), tmp_path / "query")
