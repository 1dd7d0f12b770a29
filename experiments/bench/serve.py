"""Queries a second of the service over 1,000 labels, beside bare onnxruntime: ``python experiments/bench/serve.py``.

A client sends photographs (JPEG of 1280 x 960, drawn) at a fixed rate, open loop: a query counts from when it was due,
so waiting counts. The floor is the network alone, 8 images at a time on one thread, measured in the same run; the
processor time of a query does not depend on what else the machine does.
"""

import argparse
import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from docclf.gallery.embedder import BATCH, open_model
from docclf.store.base import Row, ident
from docclf.store.open import open_store
from docclf.synthetic.draw import draw

MODEL = Path(__file__).resolve().parents[1] / "released/lcnet_050_documents/model.onnx"


def floor(seconds=3.0):
    """Returns images a second of the network alone, in full batches and one image a batch, on one thread."""
    embedder = open_model(MODEL, light=1)
    batch = np.random.default_rng(0).integers(0, 256, (BATCH, 3, *[embedder.image_size] * 2), dtype=np.uint8)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        embedder.model.arrays(batch)
        count += 1
    return count * BATCH / (time.perf_counter() - begin)


def filled(path, labels):
    from docclf.serve.work.engine import about

    embedder, store = open_model(MODEL, light=1), open_store(path)
    store.keep(about(embedder))
    drawn = embedder([draw(number, number, 3) for number in range(40)])
    random = np.random.default_rng(1)
    vectors = drawn[np.arange(labels) % 40] + random.standard_normal((labels, drawn.shape[1])) * 0.03
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    rows = [
        Row(ident(f"label {i}", f"{i:064x}"), f"label {i}", f"{i}.jpg", f"{i:064x}", vector, embedder.fingerprint)
        for i, vector in enumerate(vectors)
    ]
    store.insert(rows)
    store.close()


def photographs(count=16):
    found = []
    for number in range(count):
        stream = io.BytesIO()
        Image.fromarray(draw(number, number, 3)).resize((1280, 960)).save(stream, "JPEG", quality=85)
        found.append(stream.getvalue())
    return found


def memory(pid):
    """Returns the megabytes that a process and its children hold in memory alone (PSS)."""
    total = 0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        total += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    return total / 1e6 + sum(memory(child) for child in children)


def worked(pid):
    """Returns the processor seconds of a process and its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(worked(child) for child in children)


async def load(address, images, rate, seconds):
    """Returns the seconds that each query took from when it was due, and the statuses."""
    spent, codes, kind = [], [], {"content-type": "multipart/form-data; boundary=xxbenchxx"}
    head = b'--xxbenchxx\r\ncontent-disposition: form-data; name="image"; filename="x.jpg"\r\n\r\n'
    bodies = [head + image + b"\r\n--xxbenchxx--\r\n" for image in images]
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as http:

        async def one(number, due):
            answer = await http.post("/api/match", content=bodies[number % len(bodies)], headers=kind)
            spent.append(time.perf_counter() - due)
            codes.append(answer.status_code)

        begin, tasks = time.perf_counter() + 0.1, []
        for number in range(int(rate * seconds)):
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(number, due)))
        await asyncio.gather(*tasks)
        return np.array(spent), codes, time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=1000)
    parser.add_argument("--rates", type=float, nargs="+", default=[10, 25, 50])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    gallery = f"{tempfile.mkdtemp(prefix='docclf_bench_')}/g.db"
    filled(gallery, chosen.labels)
    images = photographs()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "docclf.serve", gallery, "--model", str(MODEL), "--port", str(port), "--rate", "1e6"]
    words += ["--workers", str(chosen.workers)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{address}/api/health").status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.labels} labels")
        print(f"{memory(process.pid):.0f} MB before the first query")
        asyncio.run(load(address, images, 10, 3))  # not counted: every worker has run once
        for rate in chosen.rates:
            before, busy = floor(), worked(process.pid)
            spent, codes, took = asyncio.run(load(address, images, rate, chosen.seconds))
            p50, p99 = np.percentile(spent, [50, 99]) * 1e3
            print(
                f"{rate:g} a second asked, {len(spent) / took:.1f} answered ({codes.count(200)} of {len(codes)}): p50 "
                f"{p50:.0f} ms, p99 {p99:.0f} ms; {(worked(process.pid) - busy) / len(spent) * 1e3:.1f} ms of CPU "
                f"each; {memory(process.pid):.0f} MB; the network alone {before:.0f} images a second on one thread",
                flush=True,
            )
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
