"""One split as a config says: embedded, its sheets located first, its scores verified after."""

from time import perf_counter
from typing import Any

from omegaconf import DictConfig

from docclf import build
from docclf.errors import InputError
from docclf.evaluation import across, embed, located
from docclf.model.base import Pairwise
from docclf.provenance import facts


def embedded_split(
    config: DictConfig, network: Any, dataset: Any, split: str, device: str, make: build.Make
) -> embed.Embedded:
    """Returns the embedded split, its scores verified where the config says so.

    Raises:
        InputError: locating or verifying with a model that has no embedding.
    """
    verifying, locating = bool(config.get("verify")), bool(config.get("locate"))
    score = make(config, "score") if config.get("score") else None
    if score is not None and (isinstance(network, Pairwise) or (verifying and score.kind != "verified")):
        raise InputError(
            f"score={score.kind} is a rule for cosines, and this evaluation "
            f"{'verifies: leave score= out, or score=verified' if verifying else 'has no embedding'}."
        )
    if isinstance(network, Pairwise):
        if config.get("register_ckpt"):
            raise InputError("register_ckpt compares the embeddings of two models, and this model has none.")
        if verifying:
            raise InputError("verify=homography checks the candidates of an embedding, and this model has none.")
        if locating:
            raise InputError("locate=corners straightens what an embedding sees, and this model has none.")
        return embed.compared(network, dataset, split)
    place = embed.device_of(device)
    found = embed.embedded(network, dataset, split, place)
    if config.get("register_ckpt"):
        found.across = across.replace(found, config, network, dataset, split, place)
    if locating:
        located.replace(found, network, dataset, split, place, make(config, "locate"))
    if verifying:
        from docclf.evaluation.verified import Verified

        start = perf_counter()
        verifier = make(config, "verify").suited(facts.model(config, network).get("weights_sha256", ""))
        found.verified = Verified(verifier, network, dataset, split, found)
        found.scores = found.verified.scores
        found.seconds += perf_counter() - start
    elif score is not None:
        from docclf.evaluation.decision.rated import rate

        start = perf_counter()
        found.scores, found.rated = rate(found, score, network, dataset, split)
        found.seconds += perf_counter() - start
    return found
