"""A calibrated threshold with what it rests on, as a gallery or a store keeps it."""

from typing import Any

from docclf.errors import InputError


def pick(rows: list[dict], measure: str, target: float) -> dict:
    """Returns the threshold of a rate.

    Raises:
        InputError: no such target, or one whose upper bound breaks the promise.
    """
    found = [row for row in rows if row["measure"] == measure and abs(row["target"] / target - 1) < 1e-9]
    if not found:
        known = ", ".join(f"{row['target']:g}" for row in rows if row["measure"] == measure)
        raise InputError(f"--{measure} {target:g}: want one of {known}.")
    if not found[0]["kept"]:
        raise InputError(
            f"--{measure} {target:g}: this register does not resolve it (it would take a score of "
            f"{found[0]['value']:.3f}, upper bound {found[0]['bound']:.1e}); ask for a looser rate, mend the siblings, "
            "or give more --captures and a larger --cohort."
        )
    return found[0]


def evidence(row: dict, found: dict[str, Any], images: int) -> dict[str, Any]:
    """Returns a threshold with what it rests on.

    Args:
        row: of `docclf.calibrate.thresholds.calibrate`.
        found: what that returned, with ``weights_sha256``, ``captures``, ``cohort`` and, other than 0, ``seed``.
        images: registered images.
    """
    known = {name: row[name] for name in ("bound", "modelled", "tpr")}
    known |= {name: found[name] for name in ("labels", "captures", "cohort")}
    return {
        "cosine": row["value"],
        "rate": row["measure"],
        "target": f"{row['target']:g}",
        "source": "calibrated on the registered images",
        "score": found["score"],
        "weights_sha256": found["weights_sha256"],
        "cohort": f"drawn/{found['cohort']}/{found.get('seed', 0)}",
        "calibrated": known | {"estimate": row["rate"], "images": images, "per_label": found.get("per_label", False)},
    }
