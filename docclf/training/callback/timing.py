"""Throughput of training: samples per second, and which part of a step takes how much of its time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
import torch

PARTS = ("augment", "model", "head")


class Meter:
    """Splits the time of training into named parts; what is in none of them is Lightning's and the host's own.

    On the CPU every step is timed by the wall clock. On CUDA, where the host runs ahead of the device, events are
    recorded in the one step that `next_step` is told to sample, and read at the next `read`: no other step pays.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._part: str | None = None
        self._sums = dict.fromkeys(PARTS, 0.0)
        self._since = self._begun = 0.0
        self._cuda = self._sampling = False
        self._events: list[tuple[str | None, torch.cuda.Event]] = []
        self._counts = (0, 0.0)

    def start(self, device: torch.device, samples: int, waited: float) -> None:
        """Begins to count.

        Args:
            device: that trains.
            samples: seen so far.
            waited: seconds waited for data so far.
        """
        self._cuda, self._sampling, self._events = device.type == "cuda", False, []
        self._sums = dict.fromkeys(PARTS, 0.0)
        self._begun = self._since = self._clock()
        self._counts = (samples, waited)
        self._part = None

    def mark(self, part: str | None) -> None:
        """Gives the time from now on to a part, or to none."""
        if self._cuda:
            if self._sampling:
                event = torch.cuda.Event(enable_timing=True)
                event.record()
                self._events.append((part, event))
        else:
            now = self._clock()
            if self._part is not None:
                self._sums[self._part] += now - self._since
            self._since = now
        self._part = part

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Gives the time inside to a part."""
        before = self._part
        self.mark(part)
        try:
            yield
        finally:
            self.mark(before)

    def boundary(self, value: torch.Tensor, after: str, before: str) -> torch.Tensor:
        """Returns a value where one part ends and the next begins, and in the backward pass the other way round.

        Args:
            value: what the first part made.
            after: the part that begins.
            before: the part that ended, and begins again when the value's gradient is there.
        """
        self.mark(after)
        if value.requires_grad:
            value.register_hook(lambda gradient: self.mark(before))
        return value

    def next_step(self, sample: bool) -> None:
        """Ends a step.

        Args:
            sample: on CUDA, record the step that begins.
        """
        self.mark(None)
        if self._cuda:
            if sample:
                self._events = []
            self._sampling = sample
            self.mark(None)

    def read(self, samples: int, waited: float) -> dict[str, float]:
        """Returns samples/s and the shares of the time since `start` or the last reading, and begins anew.

        Args:
            samples: seen so far.
            waited: seconds waited for data so far.

        Returns:
            "samples/s"; "wait", the share spent waiting for data; and the share of each part that could be measured.
        """
        now = self._clock()
        seconds = max(now - self._begun, 1e-9)
        found = {"samples/s": (samples - self._counts[0]) / seconds, "wait": (waited - self._counts[1]) / seconds}
        if not self._cuda:
            self.mark(self._part)
            found |= {part: total / seconds for part, total in self._sums.items()}
        elif len(self._events) > 1 and not self._sampling:
            found |= self._sampled()
        self._sums = dict.fromkeys(PARTS, 0.0)
        self._begun, self._counts = now, (samples, waited)
        return found

    def _sampled(self) -> dict[str, float]:
        names, events = zip(*self._events, strict=True)
        events[-1].synchronize()
        total = max(events[0].elapsed_time(events[-1]), 1e-9)
        shares = dict.fromkeys(PARTS, 0.0)
        for name, begin, end in zip(names, events, events[1:], strict=False):
            if name is not None:
                shares[name] += begin.elapsed_time(end) / total
        return shares


class Stopwatch(pl.Callback):
    """Adds up the seconds spent in training steps (validation left out) and the samples of those seconds."""

    def __init__(self) -> None:
        self.seconds, self.samples = 0.0, 0
        self._start: tuple[float, int] | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts, also where a run goes on within an epoch."""
        self._start = (time.perf_counter(), pl_module.samples_seen)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts an epoch."""
        self._start = (time.perf_counter(), pl_module.samples_seen)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs, batch, batch_idx) -> None:
        """Adds a step, the wait for its batch included."""
        if self._start is not None:
            now, seen = time.perf_counter(), pl_module.samples_seen
            self.seconds, self.samples = self.seconds + now - self._start[0], self.samples + seen - self._start[1]
            self._start = (now, seen)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Pauses."""
        self._start = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Goes on, where a validation lies within an epoch."""
        self._start = (time.perf_counter(), pl_module.samples_seen)

    def state_dict(self) -> dict[str, Any]:
        """Returns both sums."""
        return {"seconds": self.seconds, "samples": self.samples}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from them."""
        self.seconds, self.samples = state_dict["seconds"], state_dict["samples"]
