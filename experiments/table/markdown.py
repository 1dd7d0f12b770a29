"""The table as Markdown."""

from experiments.table.rows import MEASURES, Block, Row, Value

HEAD = """# Results

Made by `make table` from `experiments/results/*.jsonl`; do not edit. docs/table.md says how to run a row and how to
read this page.

- Brackets after a number: 95 % interval over test classes and captures drawn anew (of several seeds: their range).
- Difference: to the block's reference row on the same test images, with a paired 95 % interval: both see the same
  classes drawn anew, each with its own new threshold. Bold where the interval leaves out 0. It covers the choice of
  test images; with one seed, what another seed would change is not in it.
- "at FPR ≤ x": the set has too few impostor pairs for the FPR of that column; the number is the TPR above every
  impostor, whose FPR is only known to be at most x, one in the number of pairs.
- The original's figures are of its own private 25,000 crops at its full budget. They say what a row should do to the
  reference, not which number to expect on other images.
"""


def document(blocks: list[Block]) -> str:
    """Returns TABLE.md."""
    parts = [HEAD]
    for block in blocks:
        parts += [f"## {title(block)}\n", budget(block), main(block)]
        if block.missing:
            parts.append("Not run at this budget: " + ", ".join(f"`{name}`" for name in block.missing) + ".\n")
        parts += [f"### On {name}\n\n" + about(block, name) + points(block, name) for name in block.sets]
        parts.append("### Cost\n\n" + cost(block))
    if not blocks:
        parts.append("No run is recorded yet.\n")
    return "\n".join(parts)


def title(block: Block) -> str:
    """Returns the heading of a block."""
    names = {"table": "The original's rows", "study": "Study", "distill": "Distillation", "": "Runs"}
    return f"{names.get(block.family, block.family)}, budget `{block.budget}`"


def budget(block: Block) -> str:
    """Returns what the rows of a block were given, as ranges over them."""
    costs = [row.any["training"] for row in block.rows if row.any["training"]]
    if not costs:
        return "Nothing here was trained.\n"

    def span(key: str, form: str = "{:,}") -> str:
        found = sorted({cost[key] for cost in costs if cost.get(key) is not None})
        return " to ".join(form.format(x) for x in ([found[0], found[-1]] if len(found) > 1 else found)) or "?"

    sizes = sorted({row.any["image_size"] for row in block.rows if row.any["training"]})
    devices = sorted({cost.get("device") or "?" for cost in costs})
    words = f"{span('samples')} training samples per row, batch {span('batch')}, images of "
    words += " to ".join(str(x) for x in ([sizes[0], sizes[-1]] if len(sizes) > 1 else sizes)) + " px, "
    words += f"{span('classes')} classes; {'; '.join(devices)}. Reference row: `{block.reference}`.\n"
    return words


def main(block: Block) -> str:
    """Returns the table of a block: published figures, then TPR, its difference and rank-1 on each set."""
    published = block.family == "table"
    head = ["row", *(["original TPR@1e-4", "AUROC"] if published else [])]
    for name in block.sets:
        head += [f"{name}: TPR@{block.point(name)}", "difference", "rank-1"]
    lines = []
    for row in block.rows:
        cells = [label(row)]
        if published:
            cells += ["" if x is None else f"{x:.{d}f}" for x, d in zip(row.published, (3, 4), strict=True)]
        for name in block.sets:
            values = row.values.get(name)
            measure = f"tpr@fpr={block.point(name)}"
            cells += ["", "", ""] if values is None else [
                number(values[measure]), step(values[measure]), number(values["rank1"])]  # fmt: skip
        lines.append(cells)
    return grid(head, lines)


def points(block: Block, name: str) -> str:
    """Returns all operating points of a set."""
    head = ["row", *(measure.replace("tpr@fpr=", "TPR@") for measure in MEASURES), "difference in rank-1"]
    return grid(
        head,
        [
            [label(row), *(number(row.values[name][measure]) for measure in MEASURES), step(row.values[name]["rank1"])]
            for row in block.rows
            if name in row.values
        ],
    )


def about(block: Block, name: str) -> str:
    """Returns the size of a set and its fingerprint."""
    record = next(found[0] for row in block.rows for key, found in row.records.items() if key == name)
    tested, metrics = record["tested"] or {}, record["metrics"]
    words = f"{metrics['positives']:,} genuine and {metrics['negatives']:,} impostor pairs"
    if tested:
        words += f"; {tested['registered_images']:,} registered images, {tested['queries']:,} queries"
    splits = sorted({(found[0]["split"] or "?")[:12] for row in block.rows for key, found in row.records.items()
                     if key == name})  # fmt: skip
    return f"{words}; split {', '.join(splits)}.\n\n"


def cost(block: Block) -> str:
    """Returns the table of `costs`."""
    return grid(*costs(block)) + "\nMB: float32 parameters. MMAC: millions of multiply-accumulates of one image.\n"


def costs(block: Block) -> tuple[list[str], list[list[str]]]:
    """Returns head and lines of what each row cost, and the commit and settings it came from."""
    head = ["row", "seeds", "MB", "MMAC", "classes", "samples", "seconds", "samples/s", "commit", "config", "command"]
    lines = []
    for row in block.rows:
        record, paid = row.any, row.any["training"] or {}
        network = record["network"]
        seeds = ", ".join(str(found["seed"]) for found in next(iter(row.records.values())))
        lines.append([
            label(row), seeds, form(network["megabytes"], "{:.2f}"),
            form(network["gmac"] and 1000 * network["gmac"], "{:.1f}"), form(paid.get("classes"), "{:,}"),
            form(paid.get("samples"), "{:,}"), form(paid.get("seconds"), "{:,.0f}"),
            form(paid.get("samples_per_second"), "{:,.0f}"), record["commit"] or "", record["config"][:8],
            f"`{record['command']}`" if record["command"] else ""])  # fmt: skip
    return head, lines


def short(blocks: list[Block], rows: tuple[str, ...] = ()) -> str:
    """Returns the README's table: the reference, the rows named (all without names), one line each."""
    parts = []
    for block in blocks:
        kept = [row for row in block.rows if not rows or row.name in rows or row.name == block.reference]
        parts.append(
            f"{title(block)}:\n\n" + main(Block(block.family, block.budget, block.reference, block.sets, kept, []))
        )
    return "\n".join(parts)


def label(row: Row) -> str:
    """Returns the row's name and, where it is published, what it is."""
    name = row.name.rpartition("/")[2]
    return f"`{name}`" + (f" {row.text}" if row.text != name else "")


def number(value: Value) -> str:
    """Returns a value with its interval or range, or the bound of an unresolved one."""
    if value.mean is None:
        return "undefined" if value.bound is None else f"{value.bound:.3f} at FPR ≤ {value.floor:.1e}"
    digits = 4 if value.mean > 0.99 else 3
    span = "" if value.low is None or value.high is None else f" [{value.low:.{digits}f}, {value.high:.{digits}f}]"
    return f"{value.mean:.{digits}f}{span}" + (f" ({value.seeds} seeds)" if value.seeds > 1 else "")


def step(value: Value) -> str:
    """Returns a difference with its paired interval."""
    if value.step is None:
        return ""
    mean, low, high = value.step
    text = f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def form(value: float | None, text: str) -> str:
    """Returns a formatted value, or nothing for none."""
    return "" if value is None else text.format(value)


def grid(head: list[str], lines: list[list[str]]) -> str:
    """Returns a Markdown table."""
    rows = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
