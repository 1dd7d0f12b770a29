"""The report as the scripts write it, on drawn documents and on a folder with faults."""

import json

import cv2
from report_cases import picture

MODEL = ("model=hog", "model.side=64", "metric=register_query", "metric.replicates=20")
FILES = {"report.html", "metrics.json", "thresholds.csv", "classes.csv", "queries.csv", "compare.npz", "roc.png",
         "det.png", "histogram.png", "openset.png", "map_pca.png"}  # fmt: skip


def test_evaluate_writes_everything_and_report_false_only_numbers(script, tmp_path):
    small = (*MODEL, "data=synthetic", "data.test_designs=8", "data.val_designs=8")
    done = script("evaluate.py", *small, f"hydra.run.dir={tmp_path / 'with'}")
    assert done.code == 0, done.err
    assert FILES <= {file.name for file in (tmp_path / "with").iterdir()} and "report:" in done.out
    done = script("evaluate.py", *small, "report=false", f"hydra.run.dir={tmp_path / 'without'}")
    assert done.code == 0, done.err
    assert not FILES - {"metrics.json"} & {file.name for file in (tmp_path / "without").iterdir()}
    numbers = [json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("with", "without")]
    for one in numbers:
        about = one.pop("about")
        del one["digest"]
        assert {"model", "preprocessing", "data", "checks", "seconds", "protocol"} <= set(about)
    assert numbers[0] == numbers[1]


def test_faults_of_a_folder_reach_console_and_page(script, tmp_path):
    for at, name in enumerate(("健保卡", "Kiwi", "kiwi", "Lemon")):
        for part in ("register", "query"):
            (tmp_path / "set" / part / name).mkdir(parents=True)
            data = cv2.imencode(".png", picture(at + 10 * (part == "query"), 96)[:, :, ::-1])[1].tobytes()
            (tmp_path / "set" / part / name / "a.png").write_bytes(data)
    query = tmp_path / "set/query/Lemon"
    (query / "copy.png").write_bytes((tmp_path / "set/register/Lemon/a.png").read_bytes())
    (query / "broken.png").write_bytes(data[:300])
    done = script("evaluate.py", *MODEL, "data=register_query", f"data.root={tmp_path / 'set'}",
                  f"hydra.run.dir={tmp_path / 'run'}")  # fmt: skip
    assert done.code == 0, done.err
    text = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    for kind in ("same picture in register and query: 1", "class names alike: 1", "unusable file: 1"):
        assert kind in done.out and kind in text, kind
    assert "健保卡" in text and "broken.png" in text


def test_an_empty_query_folder_is_one_clear_error(script, tmp_path):
    (tmp_path / "set/register/a").mkdir(parents=True)
    (tmp_path / "set/query").mkdir()
    cv2.imwrite(str(tmp_path / "set/register/a/a.png"), picture(1))
    done = script("evaluate.py", *MODEL, "data=register_query", f"data.root={tmp_path / 'set'}",
                  f"hydra.run.dir={tmp_path / 'run'}")  # fmt: skip
    assert done.code == 1 and "no query" in done.err and not (tmp_path / "run/report.html").exists()
