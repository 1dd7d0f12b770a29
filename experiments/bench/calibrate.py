"""What a calibrated threshold really lets through, on photographs that the calibration never saw.

    python experiments/bench/calibrate.py MODEL SET [SET ...]

A SET is a folder that holds register/ and query/, `drawn` (250 designs that nobody trained on), or `held:DIR` (the test
documents that data=folder holds out of DIR). For each seed the registered images are photographed by simulation, and
ten random registers of up to 20 labels are calibrated; then the real queries are scored. Printed as means over all
registers: real FPR at the threshold for 1e-3, its worst, in how many registers it was at most twice the promise and at
most its bound; TPR there beside that of an oracle threshold and of the model's shipped constant; real FPIR at the
threshold for 0.05 and FNIR there beside the oracle's. The last part compares each rule's FNIR at the oracle's FPIR 0.05
with that of raw cosines, register by register.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import docclf
from docclf.calibrate.photographs import Scores
from docclf.calibrate.simulate import simulate
from docclf.calibrate.thresholds import calibrate, fitted
from docclf.score.rule import Score, nearest
from docclf.verify.homography import Homography, combined
from docclf.verify.store import Store

LABELS, REGISTERS = 20, 10
MOST = 60  # labels of a set that take part
Rows = tuple[list[str], list[np.ndarray]]


def pictures(name: str, most: int) -> tuple[Rows, Rows]:
    """Returns labels and images of the register and of the queries of a set, of these at most so many."""
    if name == "drawn" or name.startswith("held:"):
        chosen = ["data=synthetic"] if name == "drawn" else ["data=folder", f"data.root={name[5:]}"]
        data = docclf.compose(chosen).data()
        sides, classes = [], data.class_names("test")
        for part in ("register", "query"):
            labels = data.evaluation.parts["test", part].labels
            rows = range(len(labels)) if part == "register" else some(len(labels), most)
            sides.append(([classes[labels[i]] for i in rows], [data.image("test", part, i) for i in rows]))
        return sides[0], sides[1]
    sides = []
    for part in ("register", "query"):
        folder = Path(name) / part
        found = sorted((p.stem if p.parent == folder else p.parent.name, p) for p in folder.rglob("*") if p.is_file())
        found = [found[i] for i in (range(len(found)) if part == "register" else some(len(found), most))]
        sides.append(([label for label, _ in found], [docclf.read_image(path) for _, path in found]))
    return sides[0], sides[1]


def some(count: int, most: int) -> list[int]:
    """Returns at most so many numbers below ``count``, in order."""
    return sorted(np.random.default_rng(0).permutation(count)[:most].tolist())


class Bench:
    """A register and its real queries, scored by the cosine and by verification."""

    def __init__(self, model, name: str, verify: bool, most: int) -> None:
        (labels, images), (self.asked, queries) = pictures(name, most)
        chosen = {sorted(set(labels))[i] for i in some(len(set(labels)), MOST)}
        keep = [i for i, label in enumerate(labels) if label in chosen]
        self.labels, self.images = [labels[i] for i in keep], [images[i] for i in keep]
        self.model, self.name = model, name
        self.vectors, real = model(self.images), model(queries)
        self.check, self.floor = None, -1.0
        self.real = {"cosine": real @ self.vectors.T}
        self.queries = real
        if verify:
            verifier = Homography()
            self.floor = verifier.calibration.threshold
            store = Store.of([verifier.describe(image) for image in self.images])

            def seen(photo: np.ndarray, vector: np.ndarray) -> list:
                return verifier.check(photo, self.vectors @ vector, store, self.vectors, model)

            self.check = lambda photo, vector: [(one.row, one.score) for one in seen(photo, vector)]
            cosines = self.real["cosine"]
            rows = [combined(cosines[i], seen(photo, real[i])) for i, photo in enumerate(queries)]
            self.real["verified"] = np.stack(rows)

    def simulated(self, seed: int, captures: int) -> tuple[dict[str, Scores], np.ndarray]:
        """Returns the scores of simulated photographs, by cosine and verified, and the cohort."""
        taken = simulate(self.model, self.images, captures, seed=seed, check=self.check)
        kinds = ("cosine", "verified") if self.check else ("cosine",)
        return {k: taken.scores(self.vectors, self.labels, k == "verified") for k in kinds}, taken.against


def reduced(found: Scores, take: np.ndarray) -> Scores:
    """Returns the scores as if only some labels were registered."""
    place = np.full(int(found.label.max()) + 1, -1)
    place[take] = np.arange(len(take))
    place[found.count :] = np.arange(len(place) - found.count) + len(take)
    columns = np.isin(found.groups, take)
    rows = place[found.label] >= 0
    return Scores(found.cosine[rows][:, columns], place[found.groups[columns]], place[found.label[rows]],
                  found.by_query[rows], found.by_image[:, columns])  # fmt: skip


def measured(bench: Bench, found: Scores, against: np.ndarray, kind: str, shipped: float | None, seed: int) -> list:
    """Returns one row of figures for each random register."""
    score, random, rows = Score(kind), np.random.default_rng(seed + 1), []
    names = sorted(set(bench.labels))
    asked = np.array([names.index(label) if label in names else -1 for label in bench.asked])
    real, strange = bench.real["verified" if kind == "verified" else "cosine"], bench.queries @ against.T
    for _ in range(REGISTERS):
        take = np.sort(random.permutation(len(names))[: min(LABELS, max(2, len(names) // 2 + 1))])
        part, columns = reduced(found, take), np.isin(found.groups, take)
        rule = fitted(part, score)
        table = calibrate(
            part,
            [names[i] for i in take],
            rule,
            targets=[("fpr", 1e-3), ("fpir", 0.05)],
            floor=bench.floor if kind == "verified" else -1,
        )["thresholds"]
        image = nearest(rule(real[:, columns], part.groups, strange, part.by_image), part.groups, len(take))
        known = np.isin(asked, take)
        own = np.searchsorted(take, asked[known])
        genuine = image[known][np.arange(known.sum()), own]
        wrong = image[known][np.arange(len(take)) != own[:, None]]
        foreign = image[~known].max(1)
        pair, open_ = table
        oracle, above = (np.quantile(x, q, method="higher") for x, q in ((wrong, 0.999), (foreign, 0.95)))
        best, right = image[known].max(1), image[known].argmax(1) == own

        def missed(cut: float, best=best, right=right) -> float:
            return 1 - float((right & (best >= cut)).mean())

        rate = float((wrong >= pair["value"]).mean())
        constant = [np.nan, np.nan] if shipped is None or kind != "cosine" else [
            (wrong >= shipped).mean(), (genuine >= shipped).mean()]  # fmt: skip
        rows.append(
            [rate, rate <= 2e-3, rate <= pair["bound"], (genuine >= pair["value"]).mean(), (genuine > oracle).mean(),
             (foreign >= open_["value"]).mean(), missed(open_["value"]), missed(np.nextafter(above, 2)), *constant]
        )  # fmt: skip
    return rows


def main(words: Sequence[str] | None = None) -> None:
    """Prints a line for each set and rule, and the paired comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model")
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--kinds", nargs="+", default=["cosine", "margin", "snorm", "adapter", "verified"])
    parser.add_argument("--captures", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most", type=int, default=400, help="queries of a set")
    options = parser.parse_args(words)
    model = docclf.load(options.model)
    shipped = next((row["cosine"] for row in model.thresholds if (row["rate"], row["target"]) == ("fpr", "1e-4")), None)
    for name in options.sets:
        bench = Bench(model, name, "verified" in options.kinds, options.most)
        rows: dict[str, list] = {kind: [] for kind in options.kinds}
        for seed in range(options.seeds):
            found, against = bench.simulated(seed, options.captures)
            for kind in options.kinds:
                part = found["verified" if kind == "verified" else "cosine"]
                rows[kind] += measured(bench, part, against, kind, shipped, seed)
        for kind in options.kinds:
            a = np.array(rows[kind], float)
            mean, n = a.mean(0), len(a)
            print(
                f"{Path(name).name:15} {kind:8} FPR {mean[0]:.1e} (worst {a[:, 0].max():.1e}; <= 2e-3 in "
                f"{a[:, 1].sum():.0f}, <= bound in {a[:, 2].sum():.0f} of {n})  TPR {mean[3]:.3f} (oracle "
                f"{mean[4]:.3f}; shipped {mean[9]:.3f} at FPR {mean[8]:.1e})  FPIR {mean[5]:.3f} (worst "
                f"{a[:, 5].max():.3f}, <= 0.08 in {(a[:, 5] <= 0.08).sum():.0f})  FNIR {mean[6]:.3f} "
                f"(oracle {mean[7]:.3f})",
                flush=True,
            )
        if "cosine" in rows:
            plain = np.array(rows["cosine"], float)[:, 7]
            for kind in (k for k in options.kinds if k != "cosine"):
                gain = np.array(rows[kind], float)[:, 7] - plain
                draws = np.random.default_rng(0).choice(gain, (2000, len(gain))).mean(1)
                low, high = np.quantile(draws, [0.025, 0.975])
                print(f"{Path(name).name:15} {kind:8} FNIR at FPIR 0.05 less the cosine's {gain.mean():+.3f} "
                      f"[{low:+.3f}, {high:+.3f}], better in {(gain < 0).sum()} of {len(gain)} registers",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
