"""The tables: rebuilt from records, seeds together, differences in pairs, honest about what did not run."""

from pathlib import Path

import pytest
from report_cases import made, measured

from docclf.results import file as results
from docclf.results import replicates
from experiments.table import markdown
from experiments.table.__main__ import build
from experiments.table.original import PUBLISHED
from experiments.table.rows import blocks, load

ROOT = Path(__file__).resolve().parents[2]
TRAINED = {"samples": 25600, "batch": 64, "classes": 24, "seconds": 12.5, "samples_per_second": 2048.0, "device": "CPU"}


def record(row, noise, seed=0, name="documents", budget="cpu", training=TRAINED, data=0):
    result = measured(made(classes=30, noise=noise + 0.01 * seed, unregistered=5, seed=data))
    return {
        "version": results.VERSION, "row": row, "seed": seed, "set": name, "config": f"{row}-{budget}",
        "command": f"python train.py experiment={row}", "commit": "0123456789ab", "budget": budget,
        "split": f"split-{name}-{data}", "tested": {"registered_images": 25, "queries": 90}, "image_size": 64,
        "network": {"parameters": 322512, "megabytes": 1.29, "gmac": 0.0033}, "training": training,
        "metrics": results.measures(result.metrics), "roc": results.curve(result),
        "learning": [[0, 0.1, 0.2], [9, 0.5, 0.6]],
        "draws": replicates.pack(result),
    }  # fmt: skip


@pytest.fixture(scope="module")
def records():
    return [
        *(record("table/cosface", 0.9, seed) for seed in (0, 1)),
        *(record("table/bn", 1.5, seed) for seed in (0, 1)),
        record("table/squeeze", 0.9),
        record("table/cosface", 1.0, name="grocery"),
        record("table/cosface", 0.7, budget="full"),
        record("hog", 2.0, training=None, budget=None),
        record("study/base", 0.9),
        record("study/norm_bn", 0.9),
    ]


def written(tmp_path, records):
    for each in records:
        results.append(tmp_path / "r.jsonl", each)
    return tmp_path / "r.jsonl"


def test_the_same_records_give_the_same_bytes(tmp_path, records):
    path = written(tmp_path, records)
    first = [file.read_bytes() for file in build([path], tmp_path / "a")]
    again = [file.read_bytes() for file in build([path], tmp_path / "b")]
    assert first == again and b"<svg" in first[1] and b"http://" not in first[1].replace(b"http://www.w3.org", b"")
    assert b"src=" not in first[1] and b'<link rel="stylesheet' not in first[1]


def test_blocks_hold_one_budget_and_one_family(records):
    found = {(block.family, block.budget): block for block in blocks(records)}
    assert set(found) == {("table", "cpu"), ("table", "full"), ("study", "cpu")}
    block = found["table", "cpu"]
    assert [row.name for row in block.rows] == ["table/cosface", "table/bn", "table/squeeze", "hog"][0:1] + [
        "table/squeeze", "table/bn", "hog"]  # fmt: skip
    assert block.reference == "table/cosface" and block.sets == ["documents", "grocery"]
    assert set(block.missing) == {row.row for row in PUBLISHED} - {"table/cosface", "table/bn", "table/squeeze"}
    assert found["study", "cpu"].missing == [] and found["study", "cpu"].reference == "study/base"


def test_values_differences_and_bounds(records):
    block = next(block for block in blocks(records) if (block.family, block.budget) == ("table", "cpu"))
    rows = {row.name: row for row in block.rows}
    two = [results.measures(r["metrics"])["rank1"] for r in records[:2]]
    value = rows["table/cosface"].values["documents"]["rank1"]
    assert value.mean == pytest.approx(sum(two) / 2) and (value.low, value.high) == (min(two), max(two))
    assert value.step is None, "the reference has no difference to itself"
    single = replicates.difference(records[0], records[4], "rank1")
    assert rows["table/squeeze"].values["documents"]["rank1"].step == pytest.approx(single)
    mean = [replicates.difference(records[at], records[at + 2], "rank1")[0] for at in (0, 1)]
    step = rows["table/bn"].values["documents"]["rank1"].step
    assert step[0] == pytest.approx(sum(mean) / 2) and step[1] < step[0] < step[2]
    assert rows["hog"].values["documents"]["rank1"].step[0] < 0
    unresolved = rows["table/bn"].values["documents"]["tpr@fpr=1e-4"]
    assert unresolved.mean is None and "at FPR ≤" in markdown.number(unresolved)
    assert block.point("documents") == "1e-2"


def test_the_page_says_what_it_rests_on(records):
    text = markdown.document(blocks(records))
    assert "25,600 training samples per row, batch 64, images of 64 px" in text
    assert "Not run at this budget: `table/arcface`" in text and "0.784" in text and "(2 seeds)" in text
    assert "python train.py experiment=table/bn" in text and "0123456789ab" in text
    assert markdown.document([]).endswith("No run is recorded yet.\n")
    short = markdown.short(blocks(records), ("table/bn",))
    assert "`bn`" in short and "`squeeze`" not in short and "`cosface`" in short


def test_rows_on_other_images_are_not_compared(records):
    block = next(b for b in blocks([*records[:2], record("table/bn", 1.5, data=1)]) if b.family == "table")
    assert all(row.values["documents"]["rank1"].step is None for row in block.rows)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="results=PATH"):
        load([tmp_path / "nowhere.jsonl"])


def test_every_published_row_has_a_recipe():
    for row in PUBLISHED:
        text = (ROOT / f"conf/experiment/{row.row}.yaml").read_text()
        assert f"python train.py experiment={row.row}" in text
        if row.tpr is not None:
            assert f"{row.tpr:.3f}" in text and f"{row.auroc:.4f}" in text
    recipes = {f"table/{path.stem}" for path in (ROOT / "conf/experiment/table").glob("*.yaml")}
    assert recipes == {row.row for row in PUBLISHED}


def test_the_committed_table_is_that_of_the_committed_results():
    paths = sorted((ROOT / "experiments/results").glob("*.jsonl"))
    if not paths:
        pytest.skip("no results are committed yet")
    assert sum(path.stat().st_size for path in paths) < 2**21, "results grow beyond 2 MiB"
    assert (ROOT / "experiments/TABLE.md").read_text() == markdown.document(blocks(load(paths))), "run make table"
    assert all("=/" not in each["command"] for each in load(paths)), "a path of somebody's machine"
