"""The curves of one result or of several, and the histogram of one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from docclf.report.picture.figure import BLUE, GREY, ORANGE, PALE, PALETTE, Drawing, decade, draw
from docclf.report.table.numbers import Point

LETTERS = "ABCDEFGH"  # names of several results in one chart


def roc(results: Sequence[Any], points: Sequence[Point] = ()) -> Drawing | None:
    """Returns TPR over log FPR, or None when there is no curve.

    Args:
        results: one, drawn with its interval band, or several of one split, told apart by letters.
        points: operating points of the one.
    """
    if not (lines := _lines(results)):
        return None

    def paint(axes: Axes) -> None:
        left, floor = _left(results[0], points)
        _band(axes, results, lambda band: (band["low"], band["high"]), "95 % interval of the TPR")
        for name, colour, fpr, tpr in lines:
            axes.step(np.append(np.maximum(fpr, left), 1.0), np.append(tpr, tpr[-1]), where="post", color=colour,
                      label=name or "ROC")  # fmt: skip
        for point in points:
            if point.tpr is not None:
                span = (
                    None if point.low is None else [[max(0, point.tpr - point.low)], [max(0, point.high - point.tpr)]]
                )
                axes.errorbar(
                    point.target, point.tpr, yerr=span, fmt="o", ms=4.5, color=BLUE, capsize=2.5, elinewidth=1
                )
        chance = np.geomspace(left, 1, 60)
        axes.plot(chance, chance, color=GREY, lw=1, ls=(0, (3, 3)), label="chance")
        _frame(axes, left, floor)
        axes.set(ylim=(0, 1.02), ylabel="true-positive rate (TPR)")
        axes.legend(loc="upper left", fontsize=8.5)

    return draw("roc", "ROC: true-positive rate over false-positive rate on a logarithmic axis", paint)


def det(results: Sequence[Any], points: Sequence[Point] = ()) -> Drawing | None:
    """Returns 1 - TPR over FPR, both logarithmic, of one result or of several of one split; None without a curve."""
    if not (lines := _lines(results)):
        return None

    def paint(axes: Axes) -> None:
        left, floor = _left(results[0], points)
        least = 0.5 / max(1, max(result.metrics.get("positives") or 1 for result in results))
        _band(axes, results, lambda band: (np.maximum(1 - band["high"], least), np.maximum(1 - band["low"], least)))
        for name, colour, fpr, tpr in lines:
            miss = np.maximum(1 - np.append(tpr, tpr[-1]), least)
            axes.step(np.append(np.maximum(fpr, left), 1.0), miss, where="post", color=colour,
                      label=name or "verification")  # fmt: skip
        eer = results[0].metrics.get("eer") if len(results) == 1 else None
        if eer:
            axes.plot([eer], [eer], "D", color=ORANGE, ms=5, label=f"equal error rate {eer:.3g}")
            axes.plot([left, 1], [left, 1], color=GREY, lw=1, ls=(0, (3, 3)))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(decade)
        _frame(axes, left, floor)
        axes.set(ylim=(least, 1.2), ylabel="false-negative rate (1 - TPR)")
        axes.legend(loc="lower left", fontsize=8.5)

    return draw("det", "DET: false-negative rate over false-positive rate, both logarithmic", paint)


def _lines(results: Sequence[Any]) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Letter (none for one result), colour, FPR and TPR of each result that has a curve."""
    names = [""] if len(results) == 1 else LETTERS
    drawn = zip(names, PALETTE, (result.roc for result in results), strict=False)
    return [(name, colour, curve["fpr"], curve["tpr"]) for name, colour, curve in drawn if len(curve.get("fpr", ()))]


def _band(axes: Axes, results: Sequence[Any], sides: Callable[[dict], tuple], label: str | None = None) -> None:
    """Fills the interval of a single result."""
    band = results[0].band
    if len(results) == 1 and band and np.isfinite(band["high"]).any():
        axes.fill_between(band["fpr"], *sides(band), color=BLUE, alpha=0.16, linewidth=0, label=label)


def open_set(result: Any) -> Drawing | None:
    """Returns FNIR over FPIR, or None without unregistered queries."""
    if not len(result.det.get("fpir", ())):
        return None

    def paint(axes: Axes) -> None:
        fpir, fnir = result.det["fpir"], result.det["fnir"]
        axes.step(fpir, fnir, where="post", color=ORANGE)
        floor = float(fpir.min())
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(decade)
        axes.set(xlim=(floor / 2, 1.1), ylim=(0, 1.02), xlabel="false-positive identification rate (FPIR)",
                 ylabel="false-negative identification rate (FNIR)")  # fmt: skip
        _unresolved(axes, floor / 2, floor)

    return draw("openset", "Open set: registered queries missed over unregistered queries accepted", paint)


def histogram(result: Any, points: Sequence[Point]) -> Drawing | None:
    """Returns the share of genuine and impostor pairs per bin of cosine with the thresholds, or None without pairs."""
    edges, counts = result.histograms["edges"], {k: result.histograms[k] for k in ("genuine", "impostor")}
    total = {name: int(np.sum(count)) for name, count in counts.items()}
    if not any(total.values()):
        return None

    def paint(axes: Axes) -> None:
        used = np.flatnonzero(np.sum(list(counts.values()), 0))
        low, high = edges[max(0, used[0] - 2)], edges[min(len(edges) - 1, used[-1] + 3)]
        for name, colour in (("impostor", ORANGE), ("genuine", BLUE)):
            if total[name]:
                share = counts[name] / total[name]
                axes.stairs(share, edges, color=colour, fill=True, alpha=0.22)
                axes.stairs(share, edges, color=colour, lw=1.6, label=f"{name} ({total[name]:,} pairs)")
        axes.set_yscale("log")
        axes.set(xlim=(low, high), xlabel="cosine", ylabel="share of pairs per 0.01")
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom, top * 6)
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        shown = [point for point in points if point.threshold is not None]
        for at, point in enumerate(sorted(shown, key=lambda point: point.threshold)):
            axes.axvline(point.threshold, color="#22262c", lw=1, ls=(0, (4, 2)))
            axes.annotate(point.text, (point.threshold, 0.985 - 0.055 * (at % 3)), xycoords=("data", "axes fraction"),
                          xytext=(2, 0), textcoords="offset points", va="top", fontsize=8,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8})  # fmt: skip
        axes.legend(loc="upper left", fontsize=8.5)

    return draw("histogram", "Histogram of genuine and impostor scores with the thresholds", paint)


def _left(result: Any, points: Sequence[Point]) -> tuple[float, float]:
    """Where the FPR axis begins, and the smallest FPR that these negatives can resolve."""
    floor = result.metrics.get("fpr_floor") or 1e-6
    return max(1e-9, min([floor, *(point.target for point in points)]) / 2), floor


def _frame(axes: Axes, left: float, floor: float) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(decade)
    axes.set(xlim=(left, 1.15), xlabel="false-positive rate (FPR)")
    _unresolved(axes, left, floor)


def _unresolved(axes: Axes, left: float, floor: float) -> None:
    axes.axvspan(left, floor, facecolor=PALE, edgecolor="#c9cdd3", hatch="///", linewidth=0, zorder=0)
    if floor / left > 4:
        axes.text(np.sqrt(left * floor), 0.5, "not resolved", rotation=90, ha="center", va="center", fontsize=8,
                  color="#5b616b", transform=axes.get_xaxis_transform())  # fmt: skip
