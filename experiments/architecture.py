"""Draws docs/architecture.svg from the imports of docclf: `python experiments/architecture.py`.

A box is a folder or a loose module of the library, a line an import. A box stands one floor above the highest of what
it imports. Of the lines only those are drawn that no other path implies.
"""

import ast
import sys
from collections import defaultdict
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
VOCABULARY = {"errors", "ops", "batch", "utils"}  # imported by nearly all: drawn as one box, without lines
WIDTH, HEIGHT, ACROSS, DOWN = 128, 30, 144, 78


def rooms(package: Path = ROOT / "docclf") -> dict[str, set[str]]:
    """Returns the rooms of the library and the rooms that each imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts == ("__init__",) or parts[-1] == "__main__":  # commands stand on top
            continue
        found[parts[0]] |= {name for name in _imported(path) if name != parts[0]}
    return {room: {name for name in names if name in found} for room, names in found.items()}


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "docclf":
            inner = node.module.split(".")[1:]
            names |= {inner[0]} if inner else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("docclf.")}
    return names


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Returns the groups of nodes that reach each other; empty when imports point one way."""
    reach = {node: _reached(graph, node) for node in graph}
    groups = {tuple(sorted([n, *(m for m in reach[n] if n in reach[m] and m != n)])) for n in graph if n in reach[n]}
    return [list(group) for group in sorted(groups)]


def _reached(graph: dict[str, set[str]], node: str) -> set[str]:
    seen, open_ = set(), list(graph[node])
    while open_:
        if (next_ := open_.pop()) not in seen:
            seen.add(next_)
            open_ += graph[next_]
    return seen


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """Returns the floor of each node of a graph without circles; what imports nothing stands on floor 0."""
    found: dict[str, int] = {}

    def floor(node: str) -> int:
        if node not in found:
            found[node] = 1 + max((floor(below) for below in graph[node]), default=-1)
        return found[node]

    for node in graph:
        floor(node)
    return found


def draw(graph: dict[str, set[str]]) -> str:
    """Returns the picture as SVG text."""
    graph = {room: names - VOCABULARY for room, names in graph.items() if room not in VOCABULARY}
    level = floors(graph)
    rows = [sorted(room for room in graph if level[room] == f) for f in range(max(level.values()) + 1)]
    wide = max(map(len, rows)) * ACROSS + 16
    tall = (len(rows) + 1) * DOWN
    place = {}
    for f, row in enumerate(rows):
        for i, room in enumerate(row):
            place[room] = (wide / 2 + (i - (len(row) - 1) / 2) * ACROSS, (len(rows) - 1 - f) * DOWN + 30)
    lines = []
    for room, names in sorted(graph.items()):
        implied = set().union(*(_reached(graph, name) for name in names)) if names else set()
        for name in sorted(names - implied):
            (x0, y0), (x1, y1) = place[room], place[name]
            y0, y1 = y0 + HEIGHT / 2, y1 - HEIGHT / 2
            lines.append(f'<path d="M{x0:g} {y0:g}C{x0:g} {y0 + 30:g} {x1:g} {y1 - 30:g} {x1:g} {y1:g}"/>')
    place["  ".join(sorted(VOCABULARY))] = (wide / 2, len(rows) * DOWN + 30)
    boxes = []
    for room, (x, y) in sorted(place.items()):
        across = max(WIDTH, 9 * len(room))
        boxes.append(f'<rect x="{x - across / 2:g}" y="{y - HEIGHT / 2:g}" width="{across}" height="{HEIGHT}" rx="5"/>')
        boxes.append(f'<text x="{x:g}" y="{y + 4:g}">{escape(room)}</text>')
    style = "path{fill:none;stroke:#8a94a0}rect{fill:#eef3f8;stroke:#4a6785}"
    style += "text{font:13px sans-serif;text-anchor:middle}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}">'
    back = f'<rect style="fill:#fff;stroke:none" width="{wide}" height="{tall}"/>'
    return "\n".join([head, f"<style>{style}</style>", back, *lines, *boxes, "</svg>"]) + "\n"


if __name__ == "__main__":
    if found := circles(rooms()):
        sys.exit(f"circles of imports: {found}")
    PICTURE.write_text(draw(rooms()))
