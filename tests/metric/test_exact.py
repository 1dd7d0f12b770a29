"""The blockwise numbers against a sort of the exported scores, bit for bit."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from metric import reference

from docclf.metric import assemble
from docclf.metric.all_pairs import AllPairs
from docclf.metric.pairs import layout, sweep
from docclf.metric.pairs.export import all_pairs_scores, register_query_scores
from docclf.metric.pairs.operating import target_text
from docclf.metric.pairs.tiles import counter, pilot, walk
from docclf.metric.register_query import RegisterQuery

TARGETS = [0.5, 1e-1, 1e-2, 1e-3, 1e-4]


def gathered(blocks):
    parts = list(blocks)
    return tuple(np.concatenate([part[at] for part in parts]) for at in range(4))


def check(metrics: dict, scores: np.ndarray, same: np.ndarray) -> None:
    genuine, impostor = scores[same], scores[~same]
    assert (metrics["positives"], metrics["negatives"]) == (len(genuine), len(impostor))
    assert metrics["auroc"] == reference.auroc(genuine, impostor)
    assert metrics["pauc@fpr=1e-2"] == reference.partial_auc(genuine, impostor)
    assert metrics["eer"] == reference.equal_error(genuine, impostor)
    for target in TARGETS:
        text, at = target_text(target), reference.threshold(genuine, impostor, target)
        assert metrics[f"resolved@fpr={text}"] == (at is not None)
        assert metrics[f"tpr@fpr={text}"] == reference.tpr(genuine, impostor, target)
        assert metrics[f"threshold@fpr={text}"] == (at if at is not None and np.isfinite(at) else None)
        if at is not None and len(genuine):
            true, false = (genuine >= at).sum(), (impostor >= at).sum()
            assert metrics[f"f1@fpr={text}"] == 2 * true / (2 * true + false + (len(genuine) - true))
        if at is not None:
            assert metrics[f"false_accepts@fpr={text}"] == (impostor >= at).sum()
            assert (impostor >= at).sum() <= reference.floor_of(target, len(impostor))


def embeddings(rng, rows: int, width: int, coarse: bool) -> torch.Tensor:
    """Random rows; coarse ones are small whole numbers, so that scores tie and rows repeat."""
    values = rng.integers(-1, 2, (rows, width)) if coarse else rng.standard_normal((rows, width))
    values = values.astype(np.float32)
    values[~values.any(1)] = 1.0
    return torch.from_numpy(values)


@contextmanager
def way(plain: bool):
    """Has all pairs sorted, or walked over tile by tile, whatever their number."""
    before, sweep.PLAIN = sweep.PLAIN, 1 << 18 if plain else 0
    try:
        yield
    finally:
        sweep.PLAIN = before


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**31), register=st.integers(1, 40), query=st.integers(1, 60), labels=st.integers(1, 12),
       width=st.sampled_from([1, 2, 3, 33]), coarse=st.booleans(), fusion=st.sampled_from(["max", "mean", "centroid"]),
       block=st.sampled_from([1, 512, 10**6]), threads=st.sampled_from([1, 2]), plain=st.booleans())  # fmt: skip
def test_register_query_equals_sorting(seed, register, query, labels, width, coarse, fusion, block, threads, plain):
    rng = np.random.default_rng(seed)
    if fusion == "centroid" and coarse:
        coarse = False
    data = (embeddings(rng, register, width, coarse), torch.from_numpy(rng.integers(0, labels, register)),
            embeddings(rng, query, width, coarse), torch.from_numpy(rng.integers(0, labels + 2, query)))  # fmt: skip
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with way(plain):
            metrics = RegisterQuery(TARGETS, fusion, [1, 3], block_rows=block)(*data, replicates=0).metrics
        assert torch.get_num_threads() == threads
    except Exception as error:
        # Opposite rows can cancel into a centroid of zeros, which has no direction.
        assert "centroid" in str(error) and fusion == "centroid"
        return
    finally:
        torch.set_num_threads(before)
    scores, same, row, col = gathered(register_query_scores(*data, fusion))
    check(metrics, scores, same)
    columns = np.unique(col)
    grid = np.full((query, len(columns)), np.nan, np.float32)
    grid[row, np.searchsorted(columns, col)] = scores
    names = data[1].numpy()[columns]
    own = np.array([np.flatnonzero(names == label)[0] if label in names else -1 for label in data[3].numpy()])
    rank = reference.ranks(grid, own)
    for k in (1, 3):
        want = float((rank[rank > 0] <= k).mean()) if (rank > 0).any() else None
        assert metrics[f"rank{k}"] == want
    for target in TARGETS:
        missed = reference.fnir(grid, own, target)
        assert metrics[f"fnir@fpir={target_text(target)}"] == missed
        found = metrics[f"dir@fpir={target_text(target)}"]
        assert found is missed is None or found == pytest.approx(1 - missed, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(1, 60), labels=st.integers(1, 12), coarse=st.booleans(),
       threads=st.sampled_from([1, 2]), plain=st.booleans())  # fmt: skip
def test_all_pairs_equals_sorting(seed, count, labels, coarse, threads, plain):
    rng = np.random.default_rng(seed)
    data = (embeddings(rng, count, 5, coarse), torch.from_numpy(rng.integers(0, labels, count)),
            embeddings(rng, 3, 5, coarse), torch.from_numpy(rng.integers(0, labels, 3)))  # fmt: skip
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with way(plain):
            metrics = AllPairs(TARGETS)(*data, replicates=0).metrics
    finally:
        torch.set_num_threads(before)
    scores, same, row, col = gathered(all_pairs_scores(*data))
    assert len(scores) == (count + 3) * (count + 2) // 2
    check(metrics, scores, same)


def small_tiles(monkeypatch) -> None:
    for module in (layout, walk):
        monkeypatch.setattr(module, "TILE_ROWS", 32)
        monkeypatch.setattr(module, "TILE_COLS", 48)


@pytest.mark.parametrize("noise", [0.5, 2.0, 20.0])
@pytest.mark.parametrize("extremes", [10, 300])
def test_planned_counting_equals_sorting(noise, extremes, monkeypatch):
    """Many tiles, a sample that guesses and brackets that count, for good, middling and useless models."""
    monkeypatch.setattr(sweep, "PLAIN", 0)
    monkeypatch.setattr(pilot, "SIDE", 80)
    monkeypatch.setattr(counter, "BUFFER", 5000)
    small_tiles(monkeypatch)
    monkeypatch.setattr(assemble, "HARDEST", extremes)
    torch.manual_seed(3)
    centre = torch.randn(150, 17)
    label = torch.randint(0, 160, (130,))
    query = torch.randn(160, 17)[label] * 0.1 + noise * torch.randn(130, 17)
    query[label < 150] += centre[label[label < 150]]
    data = (torch.cat([centre, centre + 0.3 * torch.randn(150, 17)]), torch.arange(300) % 150, query, label)
    result = RegisterQuery(TARGETS)(*data, replicates=0)
    scores, same, row, col = gathered(register_query_scores(*data))
    check(result.metrics, scores, same)
    impostor = np.sort(scores[~same])[::-1]
    assert [score for *_, score in result.hardest(extremes)[0]] == impostor[:extremes].tolist()
    assert result.histograms["impostor"].sum() == len(impostor)
    both = torch.cat([data[0][:70], query]), torch.cat([data[1][:70], label])
    result = AllPairs(TARGETS)(both[0][:70], both[1][:70], both[0][70:], both[1][70:], replicates=0)
    check(result.metrics, *gathered(all_pairs_scores(both[0][:70], both[1][:70], both[0][70:], both[1][70:]))[:2])


def test_a_missed_bracket_is_found_and_widened(monkeypatch):
    monkeypatch.setattr(sweep, "PLAIN", 0)
    walks = []
    plan = pilot.Pilot.plan

    def wrong(self):
        made = plan(self)
        walks.append(self.slack)
        if self.slack > 1:
            return made
        return pilot.Plan(made.edges, [(low + 5, high + 5) for low, high in made.brackets], made.floor)

    monkeypatch.setattr(pilot.Pilot, "plan", wrong)
    rng = np.random.default_rng(0)
    data = (embeddings(rng, 90, 8, False), torch.arange(90) % 50, embeddings(rng, 70, 8, False), torch.arange(70) % 60)
    metrics = RegisterQuery(TARGETS)(*data, replicates=0).metrics
    assert max(walks) > 1
    check(metrics, *gathered(register_query_scores(*data))[:2])


@pytest.mark.parametrize("width", [33, 256])
def test_scores_do_not_depend_on_threads_or_blocks(width):
    """The same bits from 1 and 2 threads and any block of rows; tiles of the whole layout, ragged ends included."""
    torch.manual_seed(0)
    data = torch.randn(2100, width), torch.arange(2100) % 700, torch.randn(1111, width), torch.arange(1111) % 800
    found = []
    before = torch.get_num_threads()
    try:
        for threads, precision in ((1, "highest"), (2, "medium")):
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision(precision)
            found.append(gathered(register_query_scores(*data)))
            results = [RegisterQuery(TARGETS, block_rows=rows)(*data, replicates=0) for rows in (1, 700, 5000)]
            found[-1] += tuple(np.array(result.hardest(1000)[0]) for result in results)
            assert torch.get_float32_matmul_precision() == precision
    finally:
        torch.set_num_threads(before)
        torch.set_float32_matmul_precision("highest")
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(found[0][4], found[0][5]) and np.array_equal(found[0][4], found[0][6])


def test_device_path_on_tensors_equals_numpy_path(monkeypatch):
    """The counting of device tensors, run on CPU tensors."""
    rng = np.random.default_rng(1)
    scores = np.round(rng.standard_normal(5000), 2).astype(np.float32)
    scores[::7] = -np.inf
    plan = pilot.Plan(np.unique(scores[1::50])[1:], [(-0.5, 0.1), (0.8, np.inf)], 0.4)
    one, other = counter.Counter(plan), counter.Counter(plan)
    tops = one.add(torch.from_numpy(scores.copy()))

    flat = torch.from_numpy(scores.copy())
    monkeypatch.setattr(counter, "_on_host", lambda scores: False)
    tops_device = other.add(flat)
    one.finish()
    other.finish()
    host, device = (*one.counts(), *tops, one.histogram), (*other.counts(), *tops_device, other.histogram)
    for a, b in zip(host, device, strict=True):
        assert np.array_equal(a, b)
    for rank in (1, 5, 100, 2500):
        assert one.largest(rank) == other.largest(rank)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("plain", [True, False])
def test_cuda_equals_sorting_its_own_scores(plain):
    torch.manual_seed(0)
    data = [part.cuda() for part in (torch.randn(700, 64), torch.arange(700) % 300, torch.randn(300, 64),
                                     torch.arange(300) % 400)]  # fmt: skip
    with way(plain):
        found = RegisterQuery(TARGETS)(*data, replicates=5), AllPairs(TARGETS)(*data, replicates=5)
    check(found[0].metrics, *gathered(register_query_scores(*data))[:2])
    check(found[1].metrics, *gathered(all_pairs_scores(*data))[:2])
