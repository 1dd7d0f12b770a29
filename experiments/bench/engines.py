"""Vector engines in their embedded form, side by side: ``python experiments/bench/engines.py [COUNT]``.

For each that is installed (qdrant-client, pymilvus with milvus-lite, lancedb): exactness against a float64 product,
the same under a filter of 1 % and after deleting a third, time, size on disk, and what a writer killed with -9 loses
of the batches it had been told are written. Vectors are drawn: unit, 256 wide, 2,000 clusters.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDE, BATCH, QUERIES, TOP = 256, 500, 100, 10


class Qdrant:
    def __init__(self, place):
        from qdrant_client import QdrantClient, models

        self.m, self.db = models, QdrantClient(path=place)
        if not self.db.collection_exists("t"):
            how = models.VectorParams(size=WIDE, distance=models.Distance.DOT)
            self.db.create_collection("t", vectors_config=how)

    def _where(self, tenant):
        if tenant is None:
            return None
        return self.m.Filter(must=[self.m.FieldCondition(key="tenant", match=self.m.MatchValue(value=tenant))])

    def add(self, ids, vectors, tenants):
        rows = zip(ids, vectors, tenants, strict=True)
        points = [self.m.PointStruct(id=int(i), vector=v.tolist(), payload={"tenant": t}) for i, v, t in rows]
        self.db.upsert("t", points, wait=True)

    def near(self, query, tenant=None):
        exact = self.m.SearchParams(exact=True)
        found = self.db.query_points("t", query.tolist(), limit=TOP, query_filter=self._where(tenant),
                                     search_params=exact)  # fmt: skip
        return [(row.id, row.score) for row in found.points]

    def drop(self, ids):
        self.db.delete("t", self.m.PointIdsList(points=[int(i) for i in ids]), wait=True)

    def count(self):
        return self.db.count("t", exact=True).count


class Milvus:
    def __init__(self, place):
        from pymilvus import DataType, MilvusClient

        Path(place).mkdir(exist_ok=True)
        self.db = MilvusClient(f"{place}/m.db")
        if not self.db.has_collection("t"):
            schema = self.db.create_schema(auto_id=False)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=WIDE)
            schema.add_field("tenant", DataType.VARCHAR, max_length=64)
            index = self.db.prepare_index_params()
            index.add_index("vector", index_type="FLAT", metric_type="IP")
            self.db.create_collection("t", schema=schema, index_params=index, consistency_level="Strong")
        self.db.load_collection("t")

    def add(self, ids, vectors, tenants):
        rows = zip(ids, vectors, tenants, strict=True)
        self.db.upsert("t", [{"id": int(i), "vector": v.tolist(), "tenant": t} for i, v, t in rows])

    def near(self, query, tenant=None):
        where = "" if tenant is None else f'tenant == "{tenant}"'
        found = self.db.search("t", [query.tolist()], limit=TOP, filter=where, search_params={"metric_type": "IP"})
        return [(row["id"], row["distance"]) for row in found[0]]

    def drop(self, ids):
        self.db.delete("t", ids=[int(i) for i in ids])

    def count(self):
        return self.db.query("t", filter="", output_fields=["count(*)"])[0]["count(*)"]


class Lance:
    def __init__(self, place):
        import lancedb
        import pyarrow as pa

        self.db, self.pa = lancedb.connect(place), pa
        fields = [("id", pa.int64()), ("vector", pa.list_(pa.float32(), WIDE)), ("tenant", pa.string())]
        self.table = self.db.create_table("t", schema=pa.schema(fields), exist_ok=True)

    def add(self, ids, vectors, tenants):
        flat = self.pa.FixedSizeListArray.from_arrays(self.pa.array(vectors.ravel()), WIDE)
        columns = {"id": np.asarray(ids, np.int64), "vector": flat, "tenant": list(tenants)}
        new = self.pa.table(columns, schema=self.table.schema)
        self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(new)

    def near(self, query, tenant=None):
        search = self.table.search(query).distance_type("dot").limit(TOP)
        search = search if tenant is None else search.where(f"tenant = '{tenant}'", prefilter=True)
        return [(row["id"], 1 - row["_distance"]) for row in search.to_list()]

    def drop(self, ids):
        self.table.delete(f"id in ({', '.join(str(int(i)) for i in ids)})")

    def count(self):
        return self.table.count_rows()


ENGINES = {"qdrant": Qdrant, "milvus": Milvus, "lancedb": Lance}


def drawn(count):
    random = np.random.default_rng(0)
    centres = random.standard_normal((2000, WIDE))
    rows = centres[random.integers(0, 2000, count + QUERIES)] + random.standard_normal((count + QUERIES, WIDE)) * 0.4
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows[:count], rows[count:], [f"t{i % 100}" for i in range(count)]


def told(engine, vectors, queries, tenants, alive):
    """Returns recall@10 without a filter and under 1 %, the largest error of a score, and ms a query."""
    out = []
    for tenant in (None, "t7"):
        keep = alive if tenant is None else alive[[tenants[i] == tenant for i in alive]]
        truth = queries.astype(np.float64) @ vectors[keep].T.astype(np.float64)
        hit, off, begin = 0, 0.0, time.perf_counter()
        answers = [engine.near(query, tenant) for query in queries]
        spent = (time.perf_counter() - begin) / len(queries) * 1e3
        for row, found in zip(truth, answers, strict=True):
            best = set(keep[np.argsort(-row)[:TOP]].tolist())
            hit += len(best & {i for i, _ in found})
            place = {int(i): k for k, i in enumerate(keep)}
            off = max([off, *(abs(score - row[place[i]]) for i, score in found if i in place)])
        out.append(f"recall {hit / len(queries) / TOP:.4f}, error {off:.0e}, {spent:.1f} ms")
    return out


def writer(name, place):
    """Writes batch after batch and says so, until it is killed."""
    vectors, _, tenants = drawn(20_000)
    engine = ENGINES[name](place)
    for at in range(0, len(vectors), 50):
        engine.add(range(at, at + 50), vectors[at : at + 50], tenants[at : at + 50])
        print(at + 50, flush=True)


def killed(name, times=5):
    lost, stuck = 0, 0
    for trial in range(times):
        place = tempfile.mkdtemp()
        child = subprocess.Popen([sys.executable, __file__, "--write", name, place], stdout=subprocess.PIPE, text=True)
        done = 0
        for line in child.stdout:
            done = int(line)
            if done >= 300 * (trial + 1):
                break
        time.sleep(0.01 * trial)
        child.send_signal(signal.SIGKILL)
        done = max([done, *(int(line) for line in child.stdout.read().split())])
        child.wait()
        try:
            lost += max(0, done - ENGINES[name](place).count())
        except Exception as error:
            print(f"    opened again: {type(error).__name__}: {error}"[:160])
            stuck += 1
        shutil.rmtree(place, ignore_errors=True)
    return f"lost {lost} told rows in {times} kills, {stuck} not to be opened"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    vectors, queries, tenants = drawn(count)
    for name, kind in ENGINES.items():
        place = tempfile.mkdtemp()
        try:
            begin = time.perf_counter()
            engine = kind(place)
        except ImportError as error:
            print(f"{name}: not installed ({error})")
            continue
        opened, begin = time.perf_counter() - begin, time.perf_counter()
        for at in range(0, count, BATCH):
            end = min(at + BATCH, count)
            engine.add(range(at, end), vectors[at:end], tenants[at:end])
        wrote = time.perf_counter() - begin
        alive = np.arange(count)
        print(f"{name}: {count} rows in {wrote:.1f} s, opened in {opened:.1f} s", flush=True)
        print(f"    all: {'; 1 %: '.join(told(engine, vectors, queries, tenants, alive))}", flush=True)
        begin = time.perf_counter()
        for at in range(0, count // 3, BATCH):
            engine.drop(alive[: count // 3][at : at + BATCH])
        took = time.perf_counter() - begin
        alive = alive[count // 3 :]
        print(f"    a third deleted in {took:.1f} s, count {engine.count() - len(alive):+d}")
        print(f"    all: {'; 1 %: '.join(told(engine, vectors, queries, tenants, alive))}")
        size = sum(f.stat().st_size for f in Path(place).rglob("*") if f.is_file())
        print(f"    on disk {size / len(alive):.0f} bytes a row")
        print(f"    {killed(name)}", flush=True)
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        writer(*sys.argv[2:])
    else:
        print(json.dumps({"cpus": os.cpu_count()}))
        main()
