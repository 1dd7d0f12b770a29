"""A part of a recipe as a dataclass: the annotation of a field says what its values must be."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, get_origin, get_type_hints

from docclf.augment.draws.checks import check_probability, check_range, check_weights


@dataclass(frozen=True)
class Within:
    """[smallest, largest], both within [low, high]; None stays None."""

    low: float = -math.inf
    high: float = math.inf

    def __call__(self, name: str, value: list | None) -> list | None:
        """Returns the value; raises InputError for another."""
        return None if value is None else check_range(name, value, self.low, self.high)


@dataclass(frozen=True)
class UpTo:
    """A number in [0, high]."""

    high: float

    def __call__(self, name: str, value: float) -> float:
        """Returns the value; raises InputError for another."""
        return check_range(name, [0.0, value], 0.0, self.high)[1]


@dataclass(frozen=True)
class Weights:
    """Weights of some of the known names."""

    known: tuple[str, ...]

    def __call__(self, name: str, value: dict[str, float]) -> dict[str, float]:
        """Returns the value; raises InputError for another."""
        return check_weights(name, value, self.known)


Share = Annotated[float, check_probability]


class Part:
    """Checks the fields of a dataclass as they are annotated; `group` is what the yaml calls the part.

    Raises:
        InputError: a probability, range or name is not one.
    """

    group: ClassVar[str]

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            check: Any
            for check in hint.__metadata__ if get_origin(hint) is Annotated else ():
                setattr(self, name, check(f"{self.group}.{name}", getattr(self, name)))
