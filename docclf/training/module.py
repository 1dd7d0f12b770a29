"""The encoder and the LightningModule that trains it; built parts come in, no config."""

import math
from collections.abc import Callable

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from docclf.batch import Batch
from docclf.encoder import Encoder
from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.training import compatibility as suits
from docclf.training.callback import clipping
from docclf.training.callback import nan_guard as diverged
from docclf.training.callback.timing import Meter
from docclf.training.folder import place as places
from docclf.training.terms import added
from docclf.utils.cosines import alike
from docclf.utils.fixed_batches import FixedBatches


class Engine(pl.LightningModule):
    """One training run.

    Args:
        encoder: the network to train.
        loss: owns the class centres; ``(embeddings [B,D], labels [B]) -> scalar``.
        optimizer: makes the optimizer for parameter groups.
        schedule: progress in [0, 1] to a factor of the peak learning rate.
        metric: ``(register [R,D], labels, query [Q,D], labels, parents, replicates) -> Result``.
        parents: parent class of each validation class, or ``None`` when no class has sub-labels.
        teacher: ``(embeddings [B,D], batch, encode) -> name to term``, each added to the loss; ``None`` for none.
        compatible: `docclf.compatible.compatible.Compatible`, which also says what the loss sees; ``None`` for none.
        pair: ``(embeddings [B,D], labels [B], maps [B,C,h,w]) -> name to term``, added likewise; ``None`` for none.
    """

    def __init__(
        self,
        encoder: Encoder,
        loss: nn.Module,
        optimizer: Callable,
        schedule: Callable[[float], float],
        metric: Callable,
        parents: Tensor | None = None,
        teacher: nn.Module | None = None,
        compatible: nn.Module | None = None,
        pair: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder.to(memory_format=torch.channels_last)
        self.loss, self.teacher, self.compatible, self.pair = loss, teacher, compatible, pair
        self.make_optimizer, self.schedule, self.metric = optimizer, schedule, metric
        self.parents = parents
        self.samples_seen, self._first, self._place = 0, 0, None
        self._seed = torch.initial_seed()
        self.validation: dict[str, float] = {}
        self.alike: str | None = None  # of the last validation: a sentence when its embeddings were all alike
        self._parts: list[tuple[FixedBatches, list[Tensor]]] = []
        self.meter = Meter()

    @property
    def progress(self) -> float:
        """Share of all optimizer steps done, in [0, 1]."""
        return min(self.global_step / max(1, self.trainer.estimated_stepping_batches), 1.0)

    def configure_optimizers(self) -> dict:
        """Returns the optimizer (no decay on norms and biases) and its schedule, stepped per step."""
        suits.check(self.trainer, self.loss)
        named = [p for p in self.encoder.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in named if p.ndim > 1]},
            {"params": [p for p in named if p.ndim <= 1], "weight_decay": 0.0},
        ]
        if centres := list(self.loss.outer_parameters()):
            groups.append({"params": centres})
        beside = [part for part in (self.teacher, self.compatible, self.pair) if part is not None]
        if learned := [p for part in beside for p in part.parameters()]:
            groups.append({"params": learned})
        optimizer = self.make_optimizer(groups)
        steps = self.trainer.estimated_stepping_batches
        if not 1 <= steps < math.inf:
            raise InputError("trainer: the run has no end; give trainer.max_epochs or trainer.max_steps.")
        factor = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.schedule(min(1.0, (step + 1) / steps)))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": factor, "interval": "step"}}

    def on_fit_start(self) -> None:
        """Lets the teacher and the old model fill their caches."""
        for part in (self.teacher, self.compatible):
            if part is not None:
                part.prepare(self.device)

    def classified(self, embeddings: Tensor) -> Tensor:
        """Returns what the loss sees of embeddings [B,D]."""
        return embeddings if self.compatible is None else self.compatible.classified(embeddings)

    def on_train_epoch_start(self) -> None:
        """Notes the step at which the epoch begins."""
        self._first = self.global_step
        self._start_meter()

    def _start_meter(self) -> None:
        self.trainer.train_dataloader.timed = self.meter.timed
        self.meter.start(self.device, self.samples_seen, self.trainer.train_dataloader.wait_seconds)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Returns the loss of a batch."""
        self.trainer.train_dataloader.count()
        self.loss.set_progress(self.progress)
        torch.manual_seed(self._seed + self.samples_seen + self.global_rank)  # dropout is a function of the place
        with diverged.explained(self):
            self.meter.mark("model")
            maps = self.encoder.features(batch.images)
            embeddings = self.meter.boundary(self.encoder.head(maps), "head", "model")
            loss = self.loss(self.classified(embeddings), batch.labels)
            terms = added(self, embeddings, maps, batch)
            total = loss + sum(terms.values())
            diverged.check(total, self)
        self.samples_seen += len(batch.labels) * self.trainer.world_size
        if (batch_idx + 1) % self.trainer.log_every_n_steps == 0 or batch_idx + 1 == self.trainer.num_training_batches:
            self._log_step(loss, terms)
        return total

    def on_train_batch_end(self, outputs, batch: Batch, batch_idx: int) -> None:
        """Has the meter sample the step before each one that is logged."""
        self.meter.next_step((batch_idx + 3) % self.trainer.log_every_n_steps == 0)

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer, optimizer_closure=None) -> None:
        """Steps the encoder, then lets the loss apply what it holds for its centres."""
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        self.loss.update()

    def configure_gradient_clipping(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None) -> None:
        """Clips by the norm over encoder and centres of all ranks, or element by element as Lightning does."""
        if gradient_clip_algorithm == "value" or not gradient_clip_val:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
            return
        with diverged.explained(self):
            clipping.clip(list(self.parameters()), self.loss, gradient_clip_val)

    def _log_step(self, loss: Tensor, terms: dict[str, Tensor]) -> None:
        """Logs the loss and, over the steps since the last call, samples/s and what took how much of the time."""
        speed = self.meter.read(self.samples_seen, self.trainer.train_dataloader.wait_seconds)
        self.log_dict(speed, prog_bar=True)
        self.log("train/loss", loss.detach(), prog_bar=True)
        self.log_dict({f"train/{name}": term.detach() for name, term in terms.items()})
        self.log("train/lr", self.optimizers().param_groups[0]["lr"])
        self.log("train/samples", float(self.samples_seen))
        health = self.loss.health() | ({} if self.pair is None else self.pair.health())
        self.log_dict({f"train/{name}": value for name, value in health.items()})

    def on_validation_epoch_start(self) -> None:
        """Forgets the embeddings of the last validation."""
        self._parts = [(FixedBatches(self._embedded), []) for _ in range(2)]

    def _embedded(self, images: Tensor) -> Tensor:
        # The last batch is filled up and run at the epoch's end, where Lightning no longer sets the precision.
        with self.trainer.precision_plugin.val_step_context():
            return self.encoder(images)

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int, dataloader_idx: int) -> None:
        """Embeds a batch of the register (loader 0) or of the queries (loader 1)."""
        images, labels, _ = batch
        batches, seen = self._parts[dataloader_idx]
        batches.add(images)
        seen.append(labels.cpu())

    def on_validation_epoch_end(self) -> None:
        """Scores the queries against the register; logs the numbers as ``val/...``."""
        register, query = ((batches.rows(), torch.cat(labels)) for batches, labels in self._parts)
        self.alike = alike(register[0], query[0])
        result = self.metric(*register, *query, parents=self.parents, replicates=0)
        self.validation = {
            k: float(v) for k, v in result.metrics.items() if isinstance(v, (int, float)) and math.isfinite(v)
        }
        self.validation.setdefault("select", -3.0)  # a set of one class orders nothing, but a run on it must end well
        self.log_dict({f"val/{name}": value for name, value in self.validation.items()})
        self._parts = []

    def state_dict(self, *args, **kwargs) -> dict:
        """Returns all weights but centres in files of their own."""
        with shards.apart(self.loss):
            return super().state_dict(*args, **kwargs)

    def load_state_dict(self, *args, **kwargs):
        """Takes what ``state_dict`` returned."""
        with shards.apart(self.loss):
            return super().load_state_dict(*args, **kwargs)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        """Keeps the number of samples seen, the place in the data and the last validation."""
        checkpoint["samples_seen"], checkpoint["validation"] = self.samples_seen, self.validation
        checkpoint["loader"] = self.trainer.train_dataloader.state_dict()
        checkpoint[places.NAME] = places.here(self.trainer, self._first)._asdict()

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        """Continues the counts, Lightning's too; the loader is told its place when training starts."""
        place = places.stored(checkpoint, self.trainer.ckpt_path)
        places.set_loops(checkpoint["loops"], self.trainer, place)
        self.samples_seen, self.validation = checkpoint["samples_seen"], checkpoint["validation"]
        self._first = place.first
        self._place = place, checkpoint["loader"]

    def on_train_start(self) -> None:
        """Tells the loader how long the run is, and where to go on.

        Lightning does not do the latter, once the schedule has asked for the number of steps.
        """
        steps = self.trainer.estimated_stepping_batches * self.trainer.accumulate_grad_batches
        self.trainer.train_dataloader.total = int(steps)
        if self._place is not None:
            place, loader = self._place
            suits.check_loader(loader, place, self.trainer)
            self.trainer.train_dataloader.load_state_dict(loader)
            self._place = None
            self._start_meter()
