"""Whether a threshold that came in a file can be what it says: measured, and on how much."""

from typing import Any

from docclf.errors import InputError
from docclf.score.rule import read as read_score

GIVEN = "given by hand, not measured"
MOST = 1000  # thresholds a file may hold


def all_checked(rows: Any, where: Any) -> list[dict]:
    """Returns the thresholds that a file lists, each `checked`."""
    if type(rows) is not list or len(rows) > MOST:
        raise InputError(f"{where}: its thresholds are no list of at most {MOST}; measure them anew.")
    return [checked(row, f"{where}: threshold {i}") for i, row in enumerate(rows)]


def checked(row: Any, where: str) -> dict:
    """Returns a threshold that came in a file, after its numbers were found possible.

    Raises:
        InputError: no cosine in [-1, 1], or evidence that no measurement gives.
    """
    if type(row) is not dict or not _share(row.get("cosine"), least=-1):
        shown = f"{row.get('cosine')!r:.40}" if type(row) is dict else type(row).__name__
        raise InputError(f"{where} is {shown}; want a cosine in [-1, 1]. Measure it anew, or give --threshold COSINE.")
    if row.get("rate") is None:
        return {"cosine": float(row["cosine"]), "rate": None, "target": None, "source": GIVEN}
    if "score" in row:
        read_score(row["score"], where)
    if "calibrated" in row:
        return _calibrated(row, where)
    said = ("protocol", "fusion", "split", "commit", "source", "weights_sha256", "cohort", "code")
    texts = [row.get(name) for name in said]
    data, interval = row.get("data", {}), row.get("interval", [None, None])
    quality = {"fpr": "tpr", "fpir": "fnir"}.get(str(row["rate"]), "")
    whole = ("positives", "negatives", "false_accepts", "class_pairs", "queries_unregistered", "labels")
    counts = [row.get(name) for name in whole]
    needed = [row.get("negatives"), row.get("false_accepts")] if quality == "tpr" else [row.get("queries_unregistered")]
    possible = (
        quality
        and _transfer(row.get("transfer", {"sets": [], "broken": []}))
        and row["cosine"] > -1  # below every cosine: it accepts whatever comes
        and type(row.get("target")) is str
        and _share(_number(row["target"]), least=1e-12)
        and _share(row.get(quality))
        and type(interval) is list
        and len(interval) == 2
        and all(end is None or _share(end) for end in interval)
        and (interval[0] is None) == (interval[1] is None)
        and all(text is None or (type(text) is str and len(text) < 1000) for text in texts)
        and type(data) is dict
        and all(value is None or (type(value) is str and len(value) < 1000) for value in data.values())
        and all(count is None or (type(count) is int and count >= 0) for count in counts)
        and None not in needed
        and (quality == "fnir" or row["false_accepts"] <= float(row["target"]) * row["negatives"] * (1 + 1e-9))
    )
    if not possible:
        raise _impossible(row, where)
    return {"split": None, **row, "data": {"kind": None} | data, "interval": interval}


def _calibrated(row: dict, where: str) -> dict:
    """Returns a threshold of `docclf.calibrate`, with its bound on the rate."""
    known = row["calibrated"]
    kept, more = {"cosine", "rate", "target", "source", "calibrated"}, {"score", "weights_sha256", "cohort"}
    possible = (
        type(known) is dict
        and kept <= set(row) <= kept | more
        and all(type(row.get(name, "")) is str and len(row.get(name, "")) < 1000 for name in more - {"score"})
        and row["rate"] in ("fpr", "fpir")
        and row["cosine"] > -1
        and type(row["target"]) is str
        and _share(_number(row["target"]), least=1e-12)
        and type(row["source"]) is str
        and len(row["source"]) < 1000
        and all(_share(known.get(name)) for name in ("estimate", "bound", "tpr"))
        and known["bound"] <= 2 * float(row["target"]) * (1 + 1e-9)
        and type(known.get("modelled")) is bool
        and all(type(known.get(n)) is int and known[n] >= 0 for n in ("labels", "images", "captures", "cohort"))
        and type(known.get("per_label", False)) is bool
        and len(set(known) - {"per_label"}) == 8
    )
    if not possible:
        raise _impossible(row, where)
    return row


def _transfer(found: Any) -> bool:
    """Whether what a threshold does on other sets is what `docclf.evaluation.decision.transfer` notes."""
    return (
        type(found) is dict
        and set(found) == {"sets", "broken"}
        and all(type(rows) is list and len(rows) < MOST for rows in found.values())
        and all(type(name) is str for name in found["sets"])
        and all(
            type(one) is dict and type(one.get("set")) is str and _share(one.get("rate")) and _share(one.get("bound"))
            for one in found["broken"]
        )
    )


def _impossible(row: dict, where: str) -> InputError:
    return InputError(
        f"{where} (cosine {row['cosine']}) names evidence that no measurement gives, so it does not count as measured. "
        "Measure it anew (--metrics metrics.json, or docclf.calibrate), or give --threshold COSINE."
    )


def _share(value: Any, least: float = 0) -> bool:
    return type(value) in (int, float) and least <= value <= 1


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
