"""Thresholds with their evidence: read from metrics.json, never without telling what they rest on."""

import json
from pathlib import Path
from typing import Any

from docclf.errors import InputError
from docclf.results.evidence import GIVEN, all_checked, checked
from docclf.utils.cosines import text
from docclf.utils.reading.sealed import opened

DEFAULT = "1e-4"
RATES = ("fpr", "fpir")


def read(path: str | Path) -> dict[str, Any]:
    """Returns the content of a metrics.json.

    Raises:
        InputError: the file is missing, no JSON, or something else.
    """
    path = Path(path)
    path = path / "metrics.json" if path.is_dir() else path
    try:
        metrics = opened(json.loads(path.read_text(encoding="utf-8")), path)
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; give the metrics.json that train.py or evaluate.py wrote, or its "
            "folder."
        ) from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON ({error}); give the metrics.json of train.py or evaluate.py.") from error
    if not isinstance(metrics, dict) or not isinstance(metrics.get("about"), dict) or "fpr_floor" not in metrics:
        raise InputError(f"{path} is no metrics.json of docclf; give the one train.py or evaluate.py wrote.")
    return metrics


def source(path: str | Path) -> str:
    """Returns what a metrics.json is called in evidence: folder and name, nothing of this machine."""
    path = Path(path).absolute()
    path = path / "metrics.json" if path.is_dir() else path
    return f"{path.parent.name}/{path.name}"


def check_model(metrics: dict, fingerprint: str, source: str) -> None:
    """Refuses numbers that were measured with other weights.

    Raises:
        InputError: another model's, or nobody's.
    """
    measured = _weights(metrics)
    if measured != fingerprint:
        whose = f"the weights {measured[:12]}" if measured else "a model that it does not name by its weights"
        raise InputError(
            f"{source} was measured with {whose}, this model has the weights {fingerprint[:12]}: a threshold holds for "
            "one model only. Evaluate the checkpoint of this model: python evaluate.py ckpt=PATH."
        )


def _weights(metrics: dict) -> str | None:
    return metrics["about"].get("model", {}).get("weights_sha256")


def measured(metrics: dict, source: str) -> list[dict]:
    """Returns every resolved threshold of a metrics.json, loosest rate first, each with its evidence.

    Keys: cosine, rate (fpr: share of impostor pairs; fpir: share of unregistered queries), target, and what it rests
    on: tpr or fnir with its interval, counts, protocol, split, data, commit and source.
    """
    about = metrics["about"]
    protocol = about.get("protocol", {})
    shared = {
        "positives": metrics.get("positives"),
        "negatives": metrics.get("negatives"),
        "protocol": protocol.get("name"),
        "fusion": protocol.get("fusion"),
        "split": about.get("split"),
        "data": {name: about.get("data", {}).get(name) for name in ("kind", "fingerprint")},
        "commit": about.get("commit"),
        "source": source,
        "verify": "verify" in about,
        "code": about.get("code"),
        "score": about.get("score", {}).get("rule") or {"kind": "verified" if "verify" in about else "cosine"},
        "cohort": about.get("score", {}).get("cohort"),
        "labels": about.get("registered", {}).get("labels"),
        "weights_sha256": _weights(metrics),
    }
    found = []
    for key, cosine in metrics.items():
        name, _, target = key.partition("=")
        rate = name.removeprefix("threshold@")
        if cosine is None or not name.startswith("threshold@") or rate not in RATES:
            continue
        quality = "tpr" if rate == "fpr" else "fnir"
        point = f"@{rate}={target}"
        counts = ("false_accepts", "class_pairs") if rate == "fpr" else ()
        own = {quality: metrics.get(quality + point)}
        own["interval"] = [metrics.get(f"{quality}{point}/{end}") for end in ("low", "high")]
        own |= {count: metrics.get(count + point) for count in counts}
        if rate == "fpir":
            own["queries_unregistered"] = metrics.get("queries_unregistered")
        row = {"cosine": cosine, "rate": rate, "target": target, **own, **shared}
        found.append(checked(row, f"{source}: {key}"))
    return sorted(found, key=lambda row: (RATES.index(row["rate"]), -float(row["target"])))


def beside(checkpoint: str | Path, fingerprint: str) -> list[dict]:
    """Returns what lies beside a checkpoint and was measured with its weights.

    That is thresholds.json of a released model, or metrics.json of a run; nothing where there is neither, or the
    numbers are those of other weights.
    """
    folder = Path(checkpoint).absolute().parent
    if (folder / "thresholds.json").is_file():
        try:
            file = folder / "thresholds.json"
            table = opened(json.loads(file.read_text(encoding="utf-8")), file)
            return all_checked(table["all"], file) if table["weights_sha256"] == fingerprint else []
        except InputError:
            raise
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f"{folder / 'thresholds.json'} cannot be read ({error}); restore it, or remove it and give --metrics."
            ) from error
    if (folder / "metrics.json").is_file():
        metrics = read(folder / "metrics.json")
        if _weights(metrics) == fingerprint:
            return measured(metrics, source(folder / "metrics.json"))
    return []


def choose(rows: list[dict], source: str, rate: str = "fpr", target: str | None = None) -> dict:
    """Returns one threshold: that of ``target``, or the default: FPR 1e-4, or the smallest FPR that was resolved.

    Raises:
        InputError: the target was not resolved there, or nothing was.
    """
    fitting = [row for row in rows if row["rate"] == rate]
    resolved = ", ".join(row["target"] for row in fitting)
    if not fitting:
        raise InputError(f"{source} resolves no {rate.upper()}: too few impostors. Evaluate on more of them.")
    if target is None:
        reachable = [row for row in fitting if float(row["target"]) >= float(DEFAULT)]
        return min(reachable or fitting, key=lambda row: float(row["target"]))
    try:
        return next(row for row in fitting if float(row["target"]) == float(target))
    except ValueError as error:
        raise InputError(f"{rate}={target}: want a number, one of {resolved}.") from error
    except StopIteration:
        raise InputError(
            f"{rate}={target}: {source} does not resolve it (too few impostors, or not among its targets); it has "
            f"{resolved}."
        ) from None


def deployable(row: dict) -> bool:
    """Returns whether a shipped threshold may be a default: no set is known on which its bound breaks its promise.

    One that was tried on other sets must promise 1e-3 or less as well: a loose promise is easily kept.
    """
    tried = row.get("transfer")
    return tried is None or (not tried["broken"] and float(row["target"]) <= 1e-3)


def given(cosine: float) -> dict:
    """Returns a threshold that the user chose without a measurement.

    Raises:
        InputError: no cosine.
    """
    if not -1 <= cosine <= 1:
        raise InputError(f"threshold={cosine}: want a cosine in [-1, 1]; the original's score s is the cosine 2 s - 1.")
    return {"cosine": float(cosine), "rate": None, "target": None, "source": GIVEN}


def sentence(row: dict) -> str:
    """Returns a threshold and its evidence as one line."""
    kind = (row.get("score") or {"kind": "cosine"})["kind"]
    value = f"{'cosine' if kind == 'cosine' else f'{kind} score'} {text(row['cosine'])}"
    if row["rate"] is None:
        return f"{value} ({row['source']})"
    if known := row.get("calibrated"):
        value = f"by label, {value} for all" if known.get("per_label") else value
        return (
            f"{value}: {row['rate'].upper()} {row['target']} promised, at most "
            f"{known['bound']:.1e} with 95 % confidence on simulated photographs of the {known['images']} images of "
            f"{known['labels']} labels, of which {known['tpr']:.3f} pass"
        )
    broken = row.get("transfer", {}).get("broken", [])
    mark = f"; BREAKS ITS PROMISE on {broken[0]['set']}: {broken[0]['rate']:.1e}, calibrate" if broken else ""
    quality = "tpr" if row["rate"] == "fpr" else "fnir"
    low, high = row["interval"]
    interval = f" [{low:.3f}, {high:.3f}]" if low is not None else ""
    if row["rate"] == "fpr":
        basis = f"{row['negatives']} impostor pairs, {row['false_accepts']} accepted"
        basis += f" from {row['class_pairs']} class pairs" if row.get("class_pairs") is not None else ""
    else:
        basis = f"{row['queries_unregistered']} unregistered queries"
    return (
        f"{value}: {quality.upper()}@{row['rate'].upper()}={row['target']} {row[quality]:.3f}"
        f"{interval}, {basis}, {row['protocol']}/{row['fusion'] or 'pairs'}, {row['data']['kind']} {row['split']}{mark}"
    )
