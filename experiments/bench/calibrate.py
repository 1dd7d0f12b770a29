"""What a calibrated threshold really lets through, on photographs that the calibration never saw.

    python experiments/bench/calibrate.py MODEL ROOT [ROOT ...]      ROOT holds register/ and query/

Ten random registers of up to 20 labels of each set are calibrated on simulated photographs of their images; then the
real queries are scored. Printed, as means over the registers: real FPR at the threshold for 1e-3, its worst, in how
many registers it was at most twice the promise and at most its bound, TPR there beside that of an oracle threshold,
real FPIR at the threshold for 0.05, and FNIR there beside an oracle's; each for every rule from cosines to scores.
"""

import argparse
from pathlib import Path

import numpy as np

import docclf
from docclf.calibrate.simulate import Scores, cohort, nearest, simulate
from docclf.calibrate.thresholds import calibrate
from docclf.metric.score import KINDS, Score

LABELS = 20


def files(folder: Path) -> list[tuple[str, Path]]:
    """Returns (label, file) of each image below a folder."""
    found = [(p.stem if p.parent == folder else p.parent.name, p) for p in folder.rglob("*") if p.is_file()]
    return sorted(found)


def embed(model, paths: list[Path]) -> np.ndarray:
    """Returns unit vectors of image files, some at a time."""
    parts = [model([docclf.read_image(p) for p in paths[i : i + 64]]) for i in range(0, len(paths), 64)]
    return np.concatenate(parts)


def reduced(found: Scores, take: np.ndarray, count: int) -> Scores:
    """Returns the scores as if only some labels were registered."""
    place = {int(label): k for k, label in enumerate(take)}
    rows = [i for i, label in enumerate(found.label) if int(label) in place or label >= count]
    label = [place.get(int(found.label[i]), len(take) + int(found.label[i]) - count) for i in rows]
    return Scores(found.cosine[rows][:, take], np.array(label), found.by_query[rows], found.by_label[:, take])


def measured(found: Scores, names: list[str], real: np.ndarray, asked: np.ndarray, strange: np.ndarray, score: Score):
    """Returns one row of figures for each random register."""
    random, rows = np.random.default_rng(1), []
    for _ in range(10):
        take = np.sort(random.permutation(len(names))[: min(LABELS, max(2, len(names) // 2 + 1))])
        part = reduced(found, take, len(names))
        table = {(r["measure"], r["target"]): r for r in calibrate(part, [names[i] for i in take], score)["thresholds"]}
        values = score(real[:, take], strange, found.by_label[:, take])
        known = np.isin(asked, take)
        own = np.searchsorted(take, asked[known])
        genuine = values[known][np.arange(known.sum()), own]
        wrong = values[known][np.arange(len(take)) != own[:, None]]
        foreign = values[~known].max(1)
        row, open_ = table["fpr", 1e-3], table["fpir", 0.05]
        oracle, oracle_open = (np.quantile(x, q, method="higher") for x, q in ((wrong, 0.999), (foreign, 0.95)))
        best, right = values[known].max(1), values[known].argmax(1) == own

        def missed(cut: float, best=best, right=right) -> float:
            return 1 - float((right & (best >= cut)).mean())

        rate = float((wrong >= row["value"]).mean())
        rows.append(
            [rate, rate <= 2e-3, rate <= row["bound"], (genuine >= row["value"]).mean(), (genuine >= oracle).mean(),
             (foreign >= open_["value"]).mean(), missed(open_["value"]), missed(oracle_open)]
        )  # fmt: skip
    return np.array(rows, float)


def main() -> None:
    """Prints a line for each set and rule."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model")
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--captures", type=int, default=12)
    options = parser.parse_args()
    model = docclf.load(options.model)
    against = model(cohort(100))[::2]
    for root in options.roots:
        register, query = files(root / "register"), files(root / "query")
        names = sorted({label for label, _ in register})
        labels, images = zip(*((label, docclf.read_image(path)) for label, path in register), strict=True)
        found = simulate(model, images, labels, options.captures)
        vectors, queries = embed(model, [p for _, p in register]), embed(model, [p for _, p in query])
        numbers = np.array([names.index(label) for label, _ in register])
        real = nearest(queries @ vectors.T, numbers, len(names))
        asked = np.array([names.index(label) if label in names else -1 for label, _ in query])
        for kind in KINDS:
            a = measured(found, names, real, asked, queries @ against.T, Score(kind))
            mean = a.mean(0)
            print(
                f"{root.name:15} {kind:7} FPR {mean[0]:.1e} (worst {a[:, 0].max():.1e}; "
                f"<= 2e-3 in {a[:, 1].sum():.0f}, <= bound in {a[:, 2].sum():.0f} of 10)  "
                f"TPR {mean[3]:.3f} (oracle {mean[4]:.3f})  FPIR {mean[5]:.3f} (worst {a[:, 5].max():.3f})  "
                f"FNIR {mean[6]:.3f} (oracle {mean[7]:.3f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
