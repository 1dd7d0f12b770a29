"""Pair terms, fixed centres and margins that follow the batch: two processes give the numbers of one."""

import multiprocessing
import socket

import torch
from pairs_sharded_run import main, parts

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["torch", "docclf.loss.centres.files"])


def test_two_processes_equal_one(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    main(0, 1, port, tmp_path / "1.pt")
    ranks = [PROCESSES.Process(target=main, args=(rank, 2, port, tmp_path / "2.pt")) for rank in range(2)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(200)
    assert [rank.exitcode for rank in ranks] == [0, 0]
    one, two = (torch.load(tmp_path / f"{size}.pt") for size in (1, 2))
    assert list(one) == list(two) == [name for name, _ in parts()]
    for name in one:
        for a, b in zip(one[name], two[name], strict=True):
            torch.testing.assert_close(b, a, rtol=2e-5, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")
        assert one[name][1].abs().sum() > 0, name
