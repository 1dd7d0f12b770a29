"""The page: every protocol and every gap renders, names are escaped, the tables say what the metric says."""

import csv
import re
from html.parser import HTMLParser

import pytest
import torch
from report_cases import made, measured

from docclf.errors import InputError
from docclf.measures import keys, title
from docclf.report.outcome import outcome
from docclf.report.page import write


class Page(HTMLParser):
    """Collects ids, addresses and the text of a page; unknown nesting shows as text that is missing."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.addresses, self.text, self.tags = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for key, value in attributes:
            if key == "id":
                self.ids.append(value)
            elif key in ("src", "href", "xlink:href", "srcset", "data"):
                self.addresses.append(value)

    def handle_data(self, data):
        self.text.append(data)


def shown(folder, evaluation, protocol="register_query", replicates=30):
    result = measured(evaluation, protocol, replicates)
    files = write(folder, result, evaluation, {"name": "run", "data": {"fingerprint": "abc"}})
    assert all(file.stat().st_size for file in files) and files[0].name == "report.html"
    return result, files[0].read_text(encoding="utf-8")


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("protocol", ["register_query", "all_pairs"])
@pytest.mark.parametrize("replicates, unregistered", [(30, 2), (0, 0)])
def test_every_kind_of_result_has_a_page(tmp_path, protocol, replicates, unregistered):
    result, text = shown(tmp_path, made(unregistered=unregistered), protocol, replicates)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids)), "an id is used twice"
    assert {a[1:] for a in page.addresses if a.startswith("#")} <= set(page.ids)
    assert not [a for a in page.addresses if not a.startswith(("#", "data:"))]
    assert not re.findall(r"url\((?!#)|@import", text)
    assert "not resolved" in text, "1e-4 cannot be resolved by so few negatives"
    assert f"{result.metrics['tpr@fpr=1e-1']:.4f}" in text and "abc" in text
    assert ("No intervals" in text) == (replicates == 0)
    assert ("No open-set curve" in text) == (protocol == "register_query" and unregistered == 0)
    assert len(text) < 1.5e6


def test_tables_repeat_the_metric_and_a_loop(tmp_path):
    evaluation = made()
    result, text = shown(tmp_path, evaluation)
    assert shown(tmp_path / "again", made())[1] == text, "one input, two pages"
    table = rows(tmp_path / "thresholds.csv")
    assert [row["fpr"] for row in table] == ["1e-1", "1e-2", "1e-4"]
    first, last = table[0], table[-1]
    assert float(first["threshold_cosine"]) == result.metrics["threshold@fpr=1e-1"]
    assert float(first["threshold_half_cosine_plus_1"]) == (result.metrics["threshold@fpr=1e-1"] + 1) / 2
    assert int(first["negatives"]) == result.metrics["negatives"] and first["resolved"] == "true"
    assert last["resolved"] == "false" and last["threshold_cosine"] == "" and int(last["missing_negatives"]) > 0
    register = torch.nn.functional.normalize(evaluation.register, dim=1)
    for i, row in enumerate(rows(tmp_path / "queries.csv")):
        scores = register @ (evaluation.query[i] / evaluation.query[i].norm())
        label = int(evaluation.query_labels[i])
        others = [(float(s), j) for j, s in enumerate(scores) if j != label]
        best, who = max(others)
        assert row["nearest_other_class"] == evaluation.class_names[who]
        assert abs(float(row["other_score"]) - best) < 1e-5
        if label < len(register):
            assert row["right"] == str(float(scores[label]) > best).lower()
        else:
            assert row["right"] == "" == row["own_score"]


def test_all_pairs_leaves_an_image_out_of_its_own_neighbours():
    evaluation = made(unregistered=0, noise=0.0)
    found = outcome(evaluation, "all_pairs")
    assert (found.own_at != range(len(found.own))).all() and found.right.all()


def test_names_in_any_script_are_shown_and_escaped(tmp_path):
    names = ["<script>alert(1)</script>", "健保卡", "بطاقة", 'a"b&c', "{{ 7 * 7 }}", "A/損傷", "A/clean"]
    _, text = shown(tmp_path, made(names=names, noise=2.0))
    page = Page(text)
    whole = " ".join(page.text)
    for name in names:
        assert name in whole, name
    assert page.tags.count("script") == 1 and "<script>alert" not in text
    assert "Sub-labels" in text


def test_one_class_only_leaves_marked_gaps(tmp_path):
    _, text = shown(tmp_path, made(classes=1, unregistered=0, queries=4), replicates=0)
    assert "one class only" in text and "No ROC" in text and "there is no impostor pair" in text
    assert "No t-SNE" in text or "No map" in text


def test_no_genuine_pair_leaves_marked_gaps(tmp_path):
    evaluation = made(classes=6, unregistered=3)
    keep = evaluation.query_labels >= 3
    evaluation.query, evaluation.query_labels = evaluation.query[keep], evaluation.query_labels[keep]
    evaluation.query_names = [name for name, k in zip(evaluation.query_names, keep, strict=True) if k]
    evaluation.query_pictures = evaluation.query_pictures[keep.numpy()]
    _, text = shown(tmp_path, evaluation, replicates=0)
    assert "there is no genuine pair" in text and "class without registration" in text


def test_a_picture_that_is_gone_is_a_gap_not_an_error(tmp_path):
    evaluation = made()

    def gone(part, i):
        raise InputError("no such file")

    evaluation.image = gone
    _, text = shown(tmp_path, evaluation)
    assert "cannot be read" in text


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="file"):
        shown(tmp_path / "file", made())


@pytest.mark.parametrize("noise", [0.0, 1e-6])
def test_a_collapsed_network_is_named_on_the_page(tmp_path, noise):
    evaluation = made(classes=12)
    for part in ("register", "query"):
        rows = getattr(evaluation, part)
        setattr(evaluation, part, torch.ones_like(rows) + noise * rows)
    _, text = shown(tmp_path, evaluation)
    assert "embeddings are all alike: cosines between" in text and "1.0000000" in text


def test_every_measure_is_on_the_page_with_its_direction(tmp_path):
    result, text = shown(tmp_path, made(classes=12, unregistered=4))
    words = " ".join(Page(text).text)
    for key in keys("report", result.metrics):
        assert (title(key) in words) == (result.metrics[key] is not None), key
    assert "F1 at FPR 1e-1" in words and "detection and identification rate at FPIR 1e-1" in words
