"""Searches over more vectors than a set has: under filters, under changes, at a million, by order of insertion."""

from pathlib import Path
from time import perf_counter, process_time

import faiss
import numpy as np
from gallery_sets import jittered

from docclf.search.search import Search

QUERIES = 300


def timed(search: Search, queries: np.ndarray, count: int, among: np.ndarray | None = None) -> tuple:
    """Returns scores, ids and ms of processor time a query, one at a time."""
    start = process_time()
    found = [search.nearest(query[None], count, among) for query in queries]
    ms = (process_time() - start) / len(queries) * 1e3
    return np.concatenate([scores for scores, _ in found]), np.concatenate([ids for _, ids in found]), ms


def overlap(found: np.ndarray, want: np.ndarray) -> float:
    """Returns recall: the share of wanted ids [Q,k] that were found."""
    return float(np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, want, strict=True)]))


def raw_hnsw(index: faiss.Index, queries: np.ndarray, mask: np.ndarray, walk: int = 64) -> tuple[np.ndarray, float]:
    """Returns what the graph itself finds under a filter, and ms a query."""
    start = perf_counter()
    selector = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
    params = faiss.SearchParametersHNSW(sel=selector, efSearch=walk)
    found = [index.search(query[None], 10, params=params)[1] for query in queries]
    return np.concatenate(found), (perf_counter() - start) / len(queries) * 1e3


def selectivity(real: np.ndarray, cache: Path) -> None:
    """Prints recall@10 under filters of four selectivities, and what the bare graph makes of them."""
    rows = jittered(real, 100_000, 3)
    queries = jittered(rows, QUERIES, 4, amount=0.3)
    searches = {kind: Search(rows, kind) for kind in ("exact", "two_stage", "ivf", "hnsw")}
    print("100,000 vectors (drawn by jittering real ones), 300 queries; recall@10 (ms a query)")
    for share in (1.0, 0.1, 0.01, 0.001):
        mask = np.random.default_rng(5).random(len(rows)) < share
        _, want, ms = timed(searches["exact"], queries, 10, mask)
        cells = [f"exact 1.000 ({ms:.2f})"]
        for kind in ("two_stage", "ivf", "hnsw"):
            _, ids, ms = timed(searches[kind], queries, 10, mask)
            cells.append(f"{kind} {overlap(ids, want):.4f} ({ms:.2f})")
        for walk in (16, 64, 256):
            bare, ms = raw_hnsw(searches["hnsw"].index.index, queries, mask, walk)
            cells.append(f"bare graph ef={walk} {overlap(bare, want):.3f}, {(bare < 0).mean():.0%} empty ({ms:.2f})")
        print(f"{share:6.1%}  " + "  ".join(cells), flush=True)


def changes(real: np.ndarray, cache: Path) -> None:
    """Prints how many answers after 10,000 mixed inserts and deletes equal those of a fresh build."""
    pool = jittered(real, 30_000, 6)
    queries = jittered(pool, QUERIES, 7, amount=0.3)
    for kind in ("exact", "two_stage", "ivf", "hnsw"):
        rng, search, place, builds = np.random.default_rng(8), Search(pool[:20_000], kind), np.arange(20_000), 0
        start = perf_counter()
        for step in range(10_000):
            before = search.index
            if rng.random() < 0.5:
                place = np.append(place, 20_000 + step)  # ids count up by one, as the places in this list do
                search.add(pool[20_000 + step : 20_001 + step])
            else:
                search.remove(rng.choice(search.ids[search.alive], 1))
            builds += search.index is not before
        seconds = perf_counter() - start
        left = place[search.ids[search.alive]]
        fresh = Search(pool[left], kind)
        scores, ids, _ = timed(search, queries, 10)
        want, numbers, _ = timed(fresh, queries, 10)
        same = (place[ids] == left[numbers]).all(axis=1) & (scores == want).all(axis=1)
        first = (place[ids[:, 0]] == left[numbers[:, 0]]).mean()
        print(
            f"{kind:9} {seconds / 10:.3f} ms a change, {builds} rebuilds, {len(search)} left: answers equal, ids and "
            f"bits of ten scores, in {same.mean():.1%} of queries, rank-1 in {first:.1%}",
            flush=True,
        )


def anonymous() -> int:
    """Returns the bytes of this process that are no mapped file."""
    text = Path("/proc/self/status").read_text()
    return int(next(row.split()[1] for row in text.splitlines() if row.startswith("RssAnon"))) * 1024


def large(real: np.ndarray, cache: Path) -> None:
    """Prints codes first against exact at 100,000 and 1,000,000 vectors that stay on disk."""
    for count in (100_000, 1_000_000):
        rows = jittered(real, count, 9, cache / f"jittered_{count}.npy")
        queries = jittered(rows, 1000, 10, amount=0.45)
        want = Search(rows, "exact").nearest(queries, 10)
        print(f"{count:,} vectors (drawn by jittering real ones, on disk), 1,000 queries one at a time, one thread")
        for code in ("binary1", "binary2"):
            before, start = anonymous(), perf_counter()
            search = Search(rows, "two_stage", code)
            seconds, memory = perf_counter() - start, (anonymous() - before) / count
            scores, ids, ms = timed(search, queries, 10)
            other, right = (ids[:, 0] != want[1][:, 0]).mean(), ids == want[1]
            bits = (scores[right] == want[0][right]).all()
            print(
                f"  {code:8} {memory:5.1f} bytes a vector in memory, built in {seconds:.1f} s, {ms:.2f} ms a query; "
                f"rank-1 differs in {other:.2%}, recall@10 {overlap(ids, want[1]):.4f}, scores bit-equal: {bits}",
                flush=True,
            )
            del search


def intrinsic(rows: np.ndarray, count: int = 20) -> np.ndarray:
    """Returns the local intrinsic dimension of each row by maximum likelihood from its nearest (NIPS 2004, eq. 8)."""
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    distance = np.sqrt(np.maximum(index.search(rows, count + 1)[0][:, 1:], 1e-12))
    return -1 / np.mean(np.log(distance[:, :-1] / distance[:, -1:]), axis=1).clip(max=-1e-6)


def order(real: np.ndarray, cache: Path) -> None:
    """Prints recall@10 of the bare graph by order of insertion: as folders have it, at random, by dimension."""
    index = faiss.IndexFlatIP(real.shape[1])
    for jitter, each in ((0.5, 10),):
        rows = np.concatenate([jittered(row[None], each, 11 + i, amount=jitter) for i, row in enumerate(real)])
        queries = jittered(rows, 2000, 12, amount=0.3)
        index.reset()
        index.add(rows)
        want, dimension = index.search(queries, 10)[1], intrinsic(rows)
        orders = {"folder": np.arange(len(rows)), "dimension up": np.argsort(dimension)}
        orders |= {f"random {seed}": np.random.default_rng(seed).permutation(len(rows)) for seed in range(2)}
        orders["dimension down"] = orders["dimension up"][::-1]
        print(f"{len(rows):,} vectors, {each} around each real one at {jitter}; dimension {np.median(dimension):.1f}")
        for name, places in orders.items():
            graph = faiss.IndexHNSWFlat(rows.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
            graph.hnsw.efConstruction = 40
            graph.add(np.ascontiguousarray(rows[places]))
            cells = []
            for walk in (16, 32, 64):
                graph.hnsw.efSearch = walk
                cells.append(f"ef={walk} {overlap(places[graph.search(queries, 10)[1]], want):.4f}")
            print(f"  {name:15} recall@10 " + "  ".join(cells), flush=True)


PARTS = {"selectivity": selectivity, "changes": changes, "large": large, "order": order}
