"""The card of a released model: what it is, what it reached, and what it cannot do."""

import json
from typing import Any

from docclf.checkpoint.network import Trained
from docclf.evaluation.decision import transfer
from docclf.measures import keys, title
from docclf.provenance import cost
from docclf.results import thresholds
from docclf.utils.cosines import text

_FEW = 10


def write(
    name: str,
    found: Trained,
    read: list[tuple[str, dict]],
    default: dict,
    exported: dict[str, str],
    sizes: dict[str, float],
    data: list[str],
    notes: list[str],
    command: str | None,
) -> str:
    """Returns the card as Markdown; every figure in it comes from the checkpoint or a metrics.json.

    Args:
        name: of the model.
        found: the checkpoint.
        read: (source, content) of each metrics.json.
        default: the threshold to deploy.
        exported: metadata of the ONNX file.
        sizes: file name to 10^6 bytes.
        data: what it was trained on.
        notes: limits that the numbers do not show.
        command: the training command, if known.
    """
    config, licences = found.config, json.loads(exported["licences"])
    parts = cost.describe(found.encoder, found.image_size)
    parity = json.loads(exported["parity"])
    network = [
        f"- {config['backbone']['name']}, {_short(config['head'])}, {_short(config['norm'])}; {config['embed_dim']} "
        f"numbers from {found.image_size} x {found.image_size} pixels",
        f"- {parts['parameters']:,} parameters, {parts['gmac'] * 1000:.1f} million MACs an image",
        *(f"- `{file}` {size:.2f} MB" for file, size in sizes.items()),
        f"- weights sha256 `{found.fingerprint}`",
        f"- the ONNX file differs from PyTorch by at most {parity['max_abs_error']:.1e} (batches "
        f"{', '.join(map(str, parity['batches']))})",
    ]
    origin = [
        *(f"- {line}" for line in data),
        f"- {found.facts.get('num_classes', 'unknown number of')} training classes; initial weights: "
        f"{licences['initial weights']}",
        *_teacher(found.facts.get("teacher")),
        f"- licence of this model: {licences['model']}",
    ]
    made = [
        f"- command: `{command}`" if command else "- command: not recorded; the config is inside `model.ckpt`",
        f"- seed {config['seed']}; docclf {found.version}; trained at commit {found.facts.get('commit')}, evaluated at "
        f"{', '.join(sorted({str(m['about'].get('commit')) for _, m in read}))}",
    ]
    limits = [*_limits(read), *notes]
    return "\n".join(
        [
            f"# {name}",
            "",
            "An embedding of document images: register one image per document type, match photos by cosine.",
            "",
            *_section("Network", network),
            *_section("Training", [*origin, *made]),
            *_section("Preprocessing", _preprocessing(exported)),
            "## Figures",
            "",
            "TPR at the smallest threshold whose FPR does not pass the target; brackets are 95 % intervals over "
            "classes.",
            "",
            *(line for source, metrics in read for line in _figures(source, metrics)),
            *_section("Threshold", [f"- default: {thresholds.sentence(default)}", "- all: `thresholds.json`"]),
            *_section("Limits", [f"- {line}" for line in limits]),
            *_section("Use", _use()),
        ]
    )


def with_transfer(text: str, default: dict, found: list[dict]) -> str:
    """Returns a card with what its thresholds do on other sets, and the threshold that is left as the default.

    Args:
        text: the card.
        default: a threshold, or where none keeps its promise what to do (``why`` and ``calibrate``).
        found: of `docclf.evaluation.decision.transfer.measured`.
    """
    parts = text.split("\n## ")
    parts = [part for part in parts if not part.startswith("Thresholds on other sets")]
    told = (
        f"- default: none: {default['why']}: `{default['calibrate']}`"
        if default["cosine"] is None
        else f"- default: {thresholds.sentence(default)}"
    )
    at = next(i for i, part in enumerate(parts) if part.startswith("Threshold\n"))
    parts[at] = "\n".join(_section("Threshold", [told, "- all: `thresholds.json`"]))[3:]
    other = ["Each with its 95 % interval over labels; FPIR: share of queries of no registered type that are accepted.",
             "", *transfer.table(found)]  # fmt: skip
    parts.insert(at + 1, "\n".join(_section("Thresholds on other sets", other))[3:])
    return "\n## ".join(parts)


def _teacher(facts: dict | None) -> list[str]:
    return [f"- teacher: {facts['name']}; licence of its weights: {facts['licence']}"] if facts else []


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def _short(node: dict) -> str:
    return str(node["_target_"]).split(".")[-1]


def _preprocessing(exported: dict[str, str]) -> list[str]:
    steps = json.loads(exported["preprocessing"])
    lines = [f"- {steps['reading']}", f"- {steps['size']}"]
    if "normalised" in steps:
        lines.append(f"- {steps['normalised']}, mean {steps['mean']}, std {steps['std']} (inside both files)")
    return [*lines, f"- ONNX input: {exported['input']}; output: {exported['output']}"]


def _number(value: Any, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _with_interval(metrics: dict, key: str) -> str:
    low, high = metrics.get(f"{key}/low"), metrics.get(f"{key}/high")
    interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return _number(metrics.get(key)) + interval


def _figures(source: str, metrics: dict) -> list[str]:
    about = metrics["about"]
    data, protocol = about.get("data", {}), about.get("protocol", {})
    mark = f", fingerprint {data['fingerprint'][:12]}" if data.get("fingerprint") else ""
    lines = [
        f"**{data.get('kind', 'unknown')} data, {about.get('split')} split** ({source}; {protocol.get('name')}{mark}): "
        f"{metrics.get('positives')} genuine and {metrics.get('negatives')} impostor pairs",
        "",
        "| FPR | TPR | cosine | false accepts (class pairs) |",
        "|---|---|---|---|",
    ]
    for target in _targets(metrics):
        point = f"@fpr={target}"
        if metrics.get(f"tpr{point}") is None:
            missing, bound = metrics.get(f"missing_negatives{point}"), _number(metrics.get(f"tpr{point}/bound"))
            lines.append(
                f"| {target} | not resolved: {missing} impostor pairs short; above all impostors {bound} | - | - |"
            )
            continue
        pairs = metrics.get(f"class_pairs{point}")
        accepts = f"{metrics.get(f'false_accepts{point}')}" + ("" if pairs is None else f" ({pairs})")
        threshold = metrics.get(f"threshold{point}")
        cosine = "-" if threshold is None else text(threshold)
        lines.append(f"| {target} | {_with_interval(metrics, f'tpr{point}')} | {cosine} | {accepts} |")
    scores = [f"{title(key)} {_with_interval(metrics, key)}" for key in keys("card", metrics) if key in metrics]
    return [*lines, "", ", ".join(scores), ""]


def _targets(metrics: dict) -> list[str]:
    prefix = "threshold@fpr="
    return [key.removeprefix(prefix) for key in metrics if key.startswith(prefix)]


def _limits(read: list[tuple[str, dict]]) -> list[str]:
    lines = [
        "names a document's type and nothing else: it neither reads a document nor tells a real one from a copy",
        "expects the document to fill the image; the image is squashed to a square, so proportions are lost",
    ]
    for source, metrics in read:
        resolved = [t for t in _targets(metrics) if metrics.get(f"tpr@fpr={t}") is not None]
        smallest = min(resolved, key=float) if resolved else "none"
        lines.append(f"{source}: the smallest FPR measured is {smallest}; nothing is known below it")
        for target in resolved:
            pairs = metrics.get(f"class_pairs@fpr={target}")
            if pairs is not None and pairs < _FEW:
                lines.append(f"{source}: the threshold at FPR {target} rests on {pairs} confused pairs of classes")
        if metrics["about"].get("data", {}).get("kind") == "synthetic":
            lines.append(f"{source}: its documents are drawn and its queries simulated captures")
        if metrics["about"].get("data", {}).get("evaluation", {}).get("captures_per_document"):
            lines.append(f"{source}: its queries are simulated captures, not photos")
    return lines


def _use() -> list[str]:
    return [
        "```",
        "python evaluate.py ckpt=model.ckpt data=register_query data.root=DIR",
        "python evaluate.py model=onnx model.path=model.onnx data=register_query data.root=DIR",
        "python -m docclf.gallery register model.onnx DIR --out gallery.npz",
        "python -m docclf.gallery match gallery.npz IMAGE --model model.onnx",
        "```",
    ]
