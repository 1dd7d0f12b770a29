"""From an embedded split to checked data, numbers, files and what is printed; the one place where they meet."""

import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from omegaconf import DictConfig, OmegaConf

from docclf import build
from docclf.compare import saved
from docclf.errors import InputError
from docclf.evaluation import embed as scoring
from docclf.evaluation import located
from docclf.evaluation.found import embedded_split
from docclf.evaluation.sets import OWN, Tested
from docclf.metric.measures.text import table
from docclf.model.base import Ready
from docclf.provenance.facts import facts
from docclf.report.check import split as checks
from docclf.report.inputs import Evaluation, Finding
from docclf.results import file as results
from docclf.results import record as records
from docclf.utils import atomic
from docclf.utils.reading.sealed import seal


def score(
    config: DictConfig,
    folder: Path,
    network: Any,
    found: dict[str, Tested],
    training: dict[str, Any] | None,
    stored: dict[str, Any] | None = None,
    make: build.Make = build.own,
) -> float | None:
    """Scores a network on every set; `own` reports into ``folder``, another set into a folder of its name there.

    Args:
        config: of either script, complete.
        folder: output folder.
        network: what is scored.
        found: of `docclf.evaluation.sets`.
        training: what the training cost; ``None`` without one.
        stored: the checkpoint that evaluate.py was given.
        make: builds the parts of the config.

    Returns:
        The value that picks checkpoints, on the first set.
    """
    split, device = config.get("split") or "test", config.get("device") or "auto"
    first = []
    for name, tested in found.items():
        place = folder if name == OWN else folder / name
        if name != OWN:
            print(f"on {name}:", flush=True)
        result = report(config, place, network, split, device, tested, make)
        first.append(result.metrics.get("select"))
        about = json.loads((place / "metrics.json").read_text())["about"]
        line = records.record(config, stored, name, result, about, training, folder)
        own = folder / results.NAME
        for path in dict.fromkeys([own, Path(config.results or own)]):
            results.append(path, line)
    return first[0] if first else None


def write(
    folder: Path,
    found: scoring.Embedded,
    dataset: Any,
    split: str,
    metric: Any,
    facts: dict,
    page: bool = True,
    known: Sequence[Finding] = (),
    result: Any = None,
) -> Any:
    """Checks an embedded split, scores it, writes metrics.json and the report into ``folder``, prints both.

    Args:
        folder: where to.
        found: the embedded split.
        dataset: where it came from.
        split: val or test.
        metric: a metric with its settings.
        facts: what stands beside the numbers.
        page: write report.html, its pictures and tables, and what a comparison needs.
        known: findings of before.
        result: the metric's, where the split is scored already.

    Returns:
        The metric's Result.

    Raises:
        InputError: embeddings that cannot be scored, or a file that cannot be written.
    """
    evaluation = prepared(found, dataset, split)
    evaluation.findings = [*known, *evaluation.findings]
    for finding in evaluation.findings:
        print(f"check: {finding}")
    if not evaluation.findings:
        print("check: nothing found")
    start = perf_counter()
    result = scoring.score(found, metric, evaluation.class_names) if result is None else result
    seconds = {"reading and embedding": round(found.seconds, 2), "scoring": round(perf_counter() - start, 2)}
    about = {"split": split, **facts, "protocol": settings(metric, result)}
    seen = not isinstance(dataset, Ready) or dataset.has_images
    split_hash = evaluation.fingerprint() if seen else None
    labels = len(set(found.register_labels.tolist()))
    noted = about | {
        "registered": {"labels": labels, "images": len(found.register_labels)},
        "split_sha256": split_hash,
        "checks": [finding.plain() for finding in evaluation.findings],
        "seconds": seconds,
    }
    content = seal({**result.metrics, "about": noted})
    atomic.write_text(folder / "metrics.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(table(result))
    print(f"metrics: {folder / 'metrics.json'}", flush=True)
    if page:
        # matplotlib and scikit-learn take a second to load, which a run without a page does not pay.
        from docclf.report.page import write as write_page

        start = perf_counter()
        first, *_ = write_page(
            folder, result, evaluation, {"name": folder.resolve().name, **shortened(about), "seconds": seconds}
        )
        saved.write(folder / saved.NAME, result, evaluation, about)
        print(f"report: {first} ({perf_counter() - start:.1f} s)", flush=True)
    return result


def prepared(found: scoring.Embedded, dataset: Any, split: str) -> Evaluation:
    """Returns what a report is made from, its checks done."""
    evaluation = Evaluation(
        register=found.register,
        register_labels=found.register_labels,
        query=found.query,
        query_labels=found.query_labels,
        class_names=dataset.class_names(split),
        register_names=dataset.item_names(split, "register"),
        query_names=dataset.item_names(split, "query"),
        image=lambda part, i: dataset.image(split, part, i),
        register_pictures=found.register_pictures,
        query_pictures=found.query_pictures,
        skipped=skipped(dataset.describe()),
        scores=found.scores,
        evidence=None if found.verified is None else found.verified.evidence,
    )
    evaluation.findings = checks.find(evaluation)
    return evaluation


def skipped(described: dict) -> list[tuple[str, str]]:
    """Returns (name, reason) of the files that a data set could not use; copies of training images do not count."""
    rows = [*described.get("skipped", []), *described.get("evaluation", {}).get("skipped", [])]
    return [(row["path"], row["reason"]) for row in rows if not row["reason"].startswith("same content")]


def settings(metric: Any, result: Any) -> dict:
    """Returns how the numbers were measured."""
    return {"name": result.protocol} | metric.settings()


def shortened(node: Any) -> Any:
    """Returns facts with lists of files replaced by their length; the checks name the files."""
    if not isinstance(node, dict):
        return len(node) if isinstance(node, list) and node and isinstance(node[0], dict) else node
    return {key: shortened(value) for key, value in node.items()}


def report(
    config: DictConfig,
    folder: Path,
    network: Any,
    split: str,
    device: str = "auto",
    tested: Tested = Tested(None, []),  # noqa: B008  never changed
    make: build.Make = build.own,
) -> Any:
    """Scores ``network`` on a split, writes metrics.json and the report into ``folder``, returns the Result."""
    page = config.report
    if isinstance(network, Ready):
        if config.get("locate"):
            raise InputError("locate=corners looks at images, and model=embeddings brings vectors; leave it out.")
        dataset, found = network, scoring.Embedded(*network.split(split), None, None, 0.0)
        if page and not network.has_images:
            page = False
            print("report: skipped, the csv names no images (column path)")
    else:
        dataset = tested.dataset or make(config, "data", image_size=network.image_size, seed=config.seed, augment=None)
        found = embedded_split(config, network, dataset, split, device, make)
    about = facts(config, network, dataset)
    if found.verified is not None:
        about["verify"] = {**OmegaConf.to_container(config.verify, resolve=True), **found.verified.facts()}
    if found.across is not None:
        about["register"] = found.across
    if found.rated is not None:
        about["score"] = found.rated
    if found.located is not None:
        located.write(folder, split, dataset, found.located["cuts"])
        about["locate"] = found.located["facts"]
    if config.get("code"):
        about["code"] = scoring.code_scores(found, config.code, config.code_fit)
    return write(folder, found, dataset, split, make(config, "metric"), about, page, tested.findings)
