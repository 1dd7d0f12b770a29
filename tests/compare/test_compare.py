"""Comparison: what is saved comes back, differences equal those of the metric, other splits are refused."""

import numpy as np
import pytest
from report_cases import made, measured

from docclf.compare import __main__ as compare
from docclf.compare import saved
from docclf.errors import InputError
from docclf.metric.compare import compare as paired


def run(folder, protocol="register_query", replicates=30, noise=0.8, **changes):
    """Writes a run; the split is the same whatever the noise, the embeddings are not."""
    evaluation = made(noise=noise, **changes)
    result = measured(evaluation, protocol, replicates)
    folder.mkdir()
    saved.write(folder / saved.NAME, result, evaluation, {"model": {"noise": noise}})
    return result


@pytest.mark.parametrize("protocol", ["register_query", "all_pairs"])
def test_a_saved_run_comes_back_whole(tmp_path, protocol):
    result = run(tmp_path / "a", protocol)
    back = saved.read(tmp_path / "a")
    assert back.result.metrics == result.metrics and back.result.targets == result.targets
    one, two = result.draws, back.result.draws
    assert (one.seed, one.split, list(one.values)) == (two.seed, two.split, list(two.values))
    for key in one.values:
        np.testing.assert_array_equal(one.values[key], two.values[key])


@pytest.mark.parametrize("protocol", ["register_query", "all_pairs"])
def test_differences_are_those_of_the_metric(tmp_path, protocol):
    a, b = run(tmp_path / "a", protocol), run(tmp_path / "b", protocol, noise=1.6)
    found = compare.write([tmp_path / "a", tmp_path / "b"], tmp_path / "page.html")
    assert found["B"] == paired(a, b) and len(found["B"]) > 2
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    auroc = next(row for row in found["B"] if row.metric == "auroc")
    assert f"{auroc.difference:+.4f}".replace("-", "−") in text and "model.noise" in text
    assert "http" not in text.replace("http://www.w3.org", "")


def test_the_queries_that_changed_add_up(tmp_path):
    run(tmp_path / "a", noise=1.0)
    run(tmp_path / "b", noise=2.2)
    a, b = saved.read(tmp_path / "a"), saved.read(tmp_path / "b")
    from docclf.report.versus import changed

    found = changed(a, b)
    assert found["broken"] > 0
    assert sum(found[key] for key in ("both", "neither", "fixed", "broken")) == a.known.sum()
    for row in found["broken_rows"]:
        assert row["before"] > 0 >= row["after"] and row["taken"] != row["class"]


def test_three_runs_one_without_replicates(tmp_path):
    for name, replicates in (("a", 30), ("b", 0), ("c", 30)):
        run(tmp_path / name, replicates=replicates, noise=1.0 + len(name))
    found = compare.write([tmp_path / name for name in "abc"], tmp_path / "page.html")
    assert found["B"] == [] and found["C"]
    assert "B − A has no interval" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("changes", [{"classes": 8}, {"names": [*"abcdefg"]}, {"unregistered": 1}, {"queries": 4}])
def test_another_split_is_refused(tmp_path, changes):
    run(tmp_path / "a")
    run(tmp_path / "b", **changes)
    with pytest.raises(InputError, match="different splits"):
        compare.write([tmp_path / "a", tmp_path / "b"], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_another_protocol_a_missing_and_a_damaged_run_are_refused(tmp_path):
    run(tmp_path / "a")
    run(tmp_path / "b", "all_pairs")
    out = tmp_path / "page.html"
    with pytest.raises(InputError, match="one metric"):
        compare.write([tmp_path / "a", tmp_path / "b"], out)
    with pytest.raises(InputError, match="report=true"):
        compare.write([tmp_path / "a", tmp_path / "none"], out)
    with pytest.raises(InputError, match="give 2"):
        compare.write([tmp_path / "a"], out)
    file = tmp_path / "b" / saved.NAME
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(InputError, match="cannot be read"):
        compare.write([tmp_path / "a", tmp_path / "b"], out)
