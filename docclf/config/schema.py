"""What the top level of a config may hold; importing it lets Hydra compose conf/train.yaml and conf/evaluate.yaml."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from docclf.config import resolvers  # noqa: F401  registers them


@dataclass
class TrainConfig:
    """Top level of conf/train.yaml: an unknown key in any yaml is refused."""

    name: str = MISSING
    seed: int = 0
    embed_dim: int = MISSING
    image_size: int = MISSING
    ckpt_path: str | None = None
    init_from: str | None = None
    init_centres: bool = False
    imprint: bool = False
    checkpoint_every_steps: int | None = None
    evaluate: bool = True
    report: bool = True
    results: str | None = None
    leaks: str = "refuse"
    skip_finished: bool | None = None
    budget: str | None = None
    backbone: Any = field(default_factory=dict)
    head: Any = field(default_factory=dict)
    norm: Any = field(default_factory=dict)
    loss: Any = field(default_factory=dict)
    pair: Any = field(default_factory=dict)
    augment: Any = field(default_factory=dict)
    teacher: Any = field(default_factory=dict)
    compatible: Any = field(default_factory=dict)
    data: Any = field(default_factory=dict)
    metric: Any = field(default_factory=dict)
    optim: Any = field(default_factory=dict)
    trainer: Any = field(default_factory=dict)
    logger: Any = field(default_factory=dict)
    callbacks: Any = field(default_factory=dict)
    evaluate_on: Any = field(default_factory=dict)


@dataclass
class EvaluateConfig:
    """Top level of conf/evaluate.yaml."""

    name: str = MISSING
    ckpt: str | None = None
    register_ckpt: str | None = None
    align: str = "none"
    split: str = "test"
    seed: int | None = None
    embed_dim: int = MISSING
    image_size: int = MISSING
    device: str = "auto"
    report: bool = True
    results: str | None = None
    leaks: str = "refuse"
    allow: list[str] = field(default_factory=list)
    code: str | None = None
    code_fit: str | None = None
    model: Any = field(default_factory=dict)
    locate: Any = field(default_factory=dict)
    backbone: Any = field(default_factory=dict)
    head: Any = field(default_factory=dict)
    norm: Any = field(default_factory=dict)
    data: Any = field(default_factory=dict)
    metric: Any = field(default_factory=dict)
    verify: Any = field(default_factory=dict)
    score: Any = field(default_factory=dict)
    evaluate_on: Any = field(default_factory=dict)


ConfigStore.instance().store(name="train_schema", node=TrainConfig)
ConfigStore.instance().store(name="evaluate_schema", node=EvaluateConfig)
