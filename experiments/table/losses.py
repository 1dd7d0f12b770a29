"""The rows of experiment=losses/* side by side: means over seeds, and paired differences to two of them.

python -m experiments.table.losses [RESULTS.jsonl]
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from docclf.results.replicates import difference

MEASURES = ("tpr@fpr=1e-2", "rank1", "auroc")
BESIDE = ("losses/reference", "losses/random")


def table(records: list[dict]) -> str:
    """Returns a table for each test set, as markdown."""
    found: dict = defaultdict(dict)
    for record in records:
        found[record["set"]][record["row"], record["seed"]] = record
    parts = []
    for name, rows in found.items():
        lines = [f"**{name}**", "", "| row | seeds | " + " | ".join(MEASURES) + " | less reference | less random |"]
        lines.append("|" + "---|" * (4 + len(MEASURES)))
        for row in dict.fromkeys(row for row, _ in rows):
            seeds = sorted(seed for other, seed in rows if other == row)
            means = [sum(rows[row, seed]["metrics"][m] for seed in seeds) / len(seeds) for m in MEASURES]
            beside = [_paired(rows, row, other, seeds) for other in BESIDE]
            lines.append(f"| {row.removeprefix('losses/')} | {len(seeds)} | " + " | ".join(f"{m:.3f}" for m in means)
                         + " | " + " | ".join(beside) + " |")  # fmt: skip
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _paired(rows: dict, row: str, other: str, seeds: list[int]) -> str:
    """Returns the difference of the first measure for each seed, with its interval."""
    shared = [seed for seed in seeds if (other, seed) in rows]
    if row == other or not shared:
        return ""
    told = [difference(rows[other, seed], rows[row, seed], MEASURES[0]) for seed in shared]
    return "; ".join("-" if d is None else f"{d[0]:+.3f} [{d[1]:+.3f}, {d[2]:+.3f}]" for d in told)


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "experiments/results/losses.jsonl")
    print(table([json.loads(line) for line in path.read_text().splitlines()]))
