import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from teacher_cases import SIDE, DataSet, tower

from docclf.errors import InputError
from docclf.teacher.cache import FEATURES, MANIFEST, Cache
from docclf.teacher.features import fill as filling
from docclf.teacher.pixels import Pixels
from docclf.teacher.tower import Tower

CPU = torch.device("cpu")


def opened(folder, dataset=None, look=None, side=SIDE, **options):
    cache = Cache(str(folder), batch_size=options.pop("batch_size", 3), threads=1)
    return cache.open(look or tower(), dataset or DataSet(), side, CPU)


def test_rows_are_the_towers_features_of_clean_images_by_number(tmp_path):
    dataset = DataSet()
    features = opened(tmp_path, dataset)
    indices = torch.tensor([9, 0, 4, 4])
    expected = tower()(dataset.source.clean(indices.tolist()))
    torch.testing.assert_close(features(indices, CPU), expected, rtol=2**-11, atol=1e-6)
    assert (tmp_path / FEATURES).stat().st_size == 10 * 6 * 2
    assert features(indices, CPU).dtype == torch.float32


def test_a_full_cache_is_not_filled_again(tmp_path):
    opened(tmp_path)
    before = (tmp_path / FEATURES).stat().st_mtime_ns
    dataset = DataSet()
    opened(tmp_path, dataset)
    assert (tmp_path / FEATURES).stat().st_mtime_ns == before
    assert sorted(dataset.source.reads) == list(range(10)), "only the fingerprint looks at pixels"


@pytest.mark.parametrize("die_at", [0, 1, 4, 9])
def test_a_fill_cut_short_goes_on_and_equals_an_uninterrupted_one(tmp_path, monkeypatch, die_at):
    monkeypatch.setattr(filling, "SAVE_EVERY", 1)
    opened(tmp_path / "whole", DataSet(12))

    class Dies(Exception):
        pass

    look, calls = tower(), []
    plain = look.net.forward

    def forward(images):
        calls.append(len(images))
        if len(calls) == die_at + 1:
            raise Dies
        return plain(images)

    if die_at < 4:
        look.net.forward = forward
        with pytest.raises(Dies):
            opened(tmp_path / "cut", DataSet(12), look)
        done = json.loads((tmp_path / "cut" / MANIFEST).read_text())["parts"][-1][0] if die_at else 0
        assert done == 3 * die_at
    opened(tmp_path / "cut", DataSet(12))
    assert (tmp_path / "cut" / FEATURES).read_bytes() == (tmp_path / "whole" / FEATURES).read_bytes()


def test_kill_minus_nine_and_again_equals_the_uninterrupted_fill(tmp_path):
    code = f"""
        import os, sys, torch
        sys.path[:0] = [{str(Path(__file__).parents[1])!r}]
        from teacher_cases import SIDE, DataSet, tower
        from docclf.teacher.features import fill
        from docclf.teacher.cache import Cache
        fill.SAVE_EVERY = 2
        look, plain, calls = tower(), None, []
        plain = look.net.forward
        def forward(images):
            calls.append(0)
            if len(calls) == int(sys.argv[2]):
                os.kill(os.getpid(), 9)
            return plain(images)
        look.net.forward = forward
        Cache(sys.argv[1], batch_size=3, threads=1).open(look, DataSet(31), SIDE, torch.device("cpu"))
    """

    def run(folder, die_at):
        command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / folder), str(die_at)]
        return subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode

    assert run("cut", 6) == -9
    assert json.loads((tmp_path / "cut" / MANIFEST).read_text())["parts"][-1][0] == 12
    assert run("cut", 10**9) == 0 and run("whole", 10**9) == 0
    assert (tmp_path / "cut" / FEATURES).read_bytes() == (tmp_path / "whole" / FEATURES).read_bytes()


def test_a_mismatch_says_what_changed(tmp_path):
    opened(tmp_path)
    other = tower()
    renormed = Tower(other.net, Pixels(12, [0.5] * 3, [0.3] * 3, "bicubic"), other.facts)
    halved = Tower(tower().net, other.pixels, other.facts, "bfloat16")
    longer = DataSet(11)
    again = DataSet()
    again.source.name = lambda i: f"another name {i}"
    relabelled = DataSet()
    relabelled.describe = lambda: {"fingerprint": "g"}
    for changes, text in (
        ({"look": tower(seed=4)}, "tower.weights_sha256: .* then, .* now"),
        ({"look": renormed}, r"preprocessing.mean: \[0.4, 0.4, 0.4\] then, \[0.5, 0.5, 0.5\] now"),
        ({"look": halved}, "tower.precision: float32 then, bfloat16 now"),
        ({"side": 8}, "data.pixels.*data.side: 16 then, 8 now"),
        ({"dataset": longer}, "data.samples: 10 then, 11 now"),
        ({"dataset": DataSet(seed=1)}, "data.pixels"),
        ({"dataset": again}, "data.names"),
        ({"dataset": relabelled}, "data.fingerprints"),
    ):
        with pytest.raises(InputError, match=text) as error:
            opened(tmp_path, **changes)
        assert "teacher.cache.folder=DIR" in str(error.value) and str(tmp_path) in str(error.value)
    opened(tmp_path)


def test_broken_files_are_made_anew(tmp_path):
    opened(tmp_path)
    whole, manifest = (tmp_path / FEATURES).read_bytes(), (tmp_path / MANIFEST).read_text()
    (tmp_path / FEATURES).write_bytes(whole[:-2])
    opened(tmp_path)
    assert (tmp_path / FEATURES).read_bytes() == whole
    (tmp_path / FEATURES).write_bytes(whole[:9] + bytes([whole[9] ^ 1]) + whole[10:])
    opened(tmp_path)
    assert (tmp_path / FEATURES).read_bytes() == whole
    for broken in ("{", "[]", "[" * 100_000, '{"version": 1}', manifest.replace('"parts"', '"part"')):
        (tmp_path / MANIFEST).write_text(broken)
        opened(tmp_path)
        assert (tmp_path / FEATURES).read_bytes() == whole


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="teacher.cache.folder=DIR"):
        opened(tmp_path / "file")


def test_without_a_folder_each_combination_has_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path))
    for look in (tower(), tower(), tower(seed=9)):
        Cache(batch_size=3, threads=1).open(look, DataSet(), SIDE, CPU)
    assert len(list((tmp_path / "teacher").iterdir())) == 2


def test_features_that_float16_cannot_hold_stop_the_fill(tmp_path):
    look = tower()
    with torch.no_grad():
        look.net[-1].bias += 1e6
    with pytest.raises(InputError, match="images 0 to 2 do not fit float16"):
        opened(tmp_path, look=look)


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    dataset = DataSet(40)

    def read(i):
        if i == 7 and len(dataset.source.reads) > 32:
            raise InputError("broken")
        return type(dataset.source).read(dataset.source, i)

    dataset.source.read = read
    with pytest.raises(InputError, match="picture 7: broken"):
        opened(tmp_path, dataset)
    assert np.isfinite(opened(tmp_path, DataSet(40)).rows).all()
