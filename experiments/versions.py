"""Compatible training against maps without training: `python experiments/versions.py OUT [key=value ...]`.

An old model learns half of the drawn training designs, new ones all of them: on their own, and by each method of
`compatible=`. Every new model is scored with its own register and with the old one's, as it is and mapped; the matrix
of each seed, with paired intervals to the old model alone, lies beside the runs, and the means over seeds are printed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("bct", "hoc", "oca", "bt2", "harmonic")
WIDTH, EXTRA, DESIGNS = 128, 32, 1000
SHOWN = ("tpr@fpr=1e-2", "tpr@fpr=1e-4", "fnir@fpir=1e-1", "rank1")


def run(script: str, folder: Path, *words: str) -> None:
    """Runs a script into a folder, unless it has done so already."""
    if (folder / "metrics.json").exists():
        return
    done = subprocess.run(
        [sys.executable, script, f"hydra.run.dir={folder}", *words], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{script} {' '.join(words)}\n{done.stderr[-3000:]}")


def seed_of(out: Path, seed: int, methods: list[str], given: list[str]) -> list[Path]:
    """Trains and scores the models of one seed; returns the folders, the old model's first."""
    place, common = out / f"seed{seed}", [f"seed={seed}", "report=false", "evaluate=true", *given]

    def train(name: str, width: int, designs: int, *words: str) -> Path:
        run("train.py", place / name, f"embed_dim={width}", f"data.num_designs={designs}", *common, *words)
        return place / name / "best.ckpt"

    def score(name: str, *words: str) -> Path:
        run("evaluate.py", place / "scores" / name, *words)
        return place / "scores" / name

    old = train("old", WIDTH, DESIGNS // 2)
    new = {"independent": train("independent", WIDTH, DESIGNS)}
    for method in methods:
        extra = EXTRA if method in ("oca", "bt2") else 0
        words = [f"compatible={method}", f"compatible.with={old}", f"compatible.extra={extra}"]
        words += [f"compatible.new={new['independent']}"] if method == "bt2" else []
        new[method] = train(method, WIDTH + extra, DESIGNS, *words)
    folders = [score("old_old", f"ckpt={old}")]
    for name, path in new.items():
        ways = ("none", "procrustes", "map") if name == "independent" else ("none", "procrustes")
        folders += [score(f"{name}_old_{way}", f"ckpt={path}", f"register_ckpt={old}", f"align={way}") for way in ways]
        folders.append(score(f"{name}_{name}", f"ckpt={path}"))
    return folders


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS)
    chosen, given = parser.parse_known_args()
    values: dict[str, list[dict]] = {}
    for seed in chosen.seeds:
        folders = seed_of(chosen.out.absolute(), seed, chosen.methods, given)
        page = chosen.out / f"seed{seed}" / "versions.html"
        words = [sys.executable, "-m", "docclf.versions", *map(str, folders), "-o", str(page)]
        print(subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout, flush=True)
        for folder in folders:
            values.setdefault(folder.name, []).append(json.loads((folder / "metrics.json").read_text()))
    print(f"mean over seeds {chosen.seeds}: " + ", ".join(SHOWN))
    for name, rows in values.items():
        numbers = [[row[key] for row in rows if row.get(key) is not None] for key in SHOWN]
        print(f"{name:28}" + "".join(f"{mean(column):8.3f}" if column else "       –" for column in numbers))


if __name__ == "__main__":
    main()
