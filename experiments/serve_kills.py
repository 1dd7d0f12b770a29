"""Kills a service with -9 at random moments under writes, and counts what it lost of what it had confirmed.

``python experiments/serve_kills.py --kills 200``: four clients register and remove; after each kill the service is
started again over the same gallery and must hold every confirmed image and none that was confirmed as removed.
"""

import argparse
import io
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

MODEL = Path(__file__).resolve().parent / "released/lcnet_050_documents/model.onnx"


class Client(threading.Thread):
    """Registers and removes until it is told to stop; remembers what was confirmed, and what hung in the air."""

    def __init__(self, address, token, seed, stop):
        super().__init__(daemon=True)
        self.dice, self.stop = random.Random(seed), stop
        self.http = httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=20)
        self.there, self.gone, self.open, self.errors = set(), set(), set(), []

    def run(self):
        while not self.stop.is_set():
            try:
                self.remove() if self.there and self.dice.random() < 0.25 else self.register()
            except httpx.HTTPError:
                time.sleep(0.05)  # killed, or not started yet

    def register(self):
        pixels = np.frombuffer(self.dice.randbytes(16 * 16 * 3), np.uint8).reshape(16, 16, 3)
        stream = io.BytesIO()
        Image.fromarray(pixels).resize((64, 64)).save(stream, "PNG")
        label = f"label {self.dice.randrange(10**12)}"
        answer = self.http.post("/api/register", files={"image": ("x.png", stream.getvalue())}, data={"label": label})
        if answer.status_code == 201:
            self.there.add(answer.json()["image"])
        elif answer.status_code not in (429, 503):
            self.errors.append(answer.text[:200])

    def remove(self):
        image = self.dice.choice(sorted(self.there))
        self.there.discard(image)
        self.open.add(image)  # until it is confirmed, both ends are right
        if self.http.delete(f"/api/images/{image}").status_code == 200:
            self.open.discard(image)
            self.gone.add(image)


def stand(gallery, port):
    """Starts a service and, whenever it was killed, the next: forked from here, so that a start takes no imports."""
    import docclf.serve.app  # noqa: F401
    from docclf.serve.__main__ import main

    while True:
        if not (child := os.fork()):
            main([gallery, "--model", str(MODEL), "--port", str(port), "--rate", "100000"])
            os._exit(0)
        Path(f"{gallery}.pid").write_text(str(child))
        os.waitpid(child, 0)


def answering(address, process, log):
    """Waits until the service answers; returns its process id."""
    with httpx.Client(base_url=address, timeout=5) as http:
        for _ in range(1200):
            if process.poll() is not None:
                raise SystemExit(f"the service ended with {process.returncode}: see {log.name}")
            try:
                if http.get("/api/health").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
    raise SystemExit("the service did not start in a minute")


def held(address, token):
    found, after = set(), ""
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        while page := http.get("/api/labels", params={"after": after, "limit": 1000}).json()["labels"]:
            found |= {image["image"] for row in page for image in row["images"]}
            after = page[-1]["label"]
    return found


def run(kills, seed=0, longest=0.6):
    """Returns confirmed images, confirmed removals, and how many of each were lost after all kills."""
    folder = tempfile.mkdtemp(prefix="docclf_kills_")
    gallery, dice = f"{folder}/g.db", random.Random(seed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, stop, lost, back = f"http://127.0.0.1:{port}", threading.Event(), 0, 0
    with open(f"{folder}/log", "w") as log:
        words = [sys.executable, __file__, "--stand", gallery, str(port)]
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        try:
            answering(address, process, log)
            token = Path(f"{gallery}.token").read_text().strip()
            clients = [Client(address, token, seed * 10 + number, stop) for number in range(4)]
            [client.start() for client in clients]
            for number in range(kills):
                time.sleep(dice.uniform(0.05, longest))
                os.kill(int(Path(f"{gallery}.pid").read_text()), signal.SIGKILL)
                answering(address, process, log)
                if number % 20 == 19 or number == kills - 1:
                    sure = [(client.there - client.open, set(client.gone)) for client in clients]  # before this look
                    now = held(address, token)
                    for client, (there, gone) in zip(clients, sure, strict=True):
                        lost += len(there - now - client.open - client.gone)
                        back += len(gone & now)
                    print(f"{number + 1} kills: {len(now)} images, lost {lost}, back again {back}", flush=True)
            stop.set()
            [client.join() for client in clients]
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    errors = [error for client in clients for error in client.errors]
    there, gone = sum(len(client.there) for client in clients), sum(len(client.gone) for client in clients)
    return {"there": there, "removed": gone, "lost": lost, "back": back, "errors": errors}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stand", nargs=2)
    chosen = parser.parse_args()
    if chosen.stand:
        stand(*chosen.stand)
    begun = time.time()
    print(run(chosen.kills, chosen.seed), f"{time.time() - begun:.0f} s")
