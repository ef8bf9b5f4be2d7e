"""How parameters start: laws as data, and what each says of a tensor's values.

`fan_in` and `fan_out` of a layer are those of its canonical kernel, (out, in / groups, height,
width) or (out, in): the size of a filter, and out · height · width. A bias has its kernel's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.errors import SpecificationError

Array = NDArray[np.float64]
Shape = tuple[int, ...]
CUT = 2.0  # where a truncated normal ends, in deviations of the whole one
MODES = ("fan_in", "fan_out", "fan_avg")
LAWS: dict[str, type[Initializer]] = {}  # "normal", … -> class


class Fans(NamedTuple):
    """How many values a result is made of, and how many results a value goes into."""

    fan_in: float
    fan_out: float

    @classmethod
    def of(cls, kernel: Shape) -> Fans:
        """Return those of a canonical kernel."""
        window = math.prod(kernel[2:])
        return cls(kernel[1] * window, kernel[0] * window)

    def by(self, mode: str) -> float:
        """Return the one that a mode names."""
        return sum(self) / 2 if mode == "fan_avg" else float(getattr(self, mode))


@dataclass(frozen=True)
class Initializer(ABC):
    """The law of a tensor's first values; `law` is its name in JSON."""

    law: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "law" in vars(cls):
            LAWS[cls.law] = cls

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            positive = name != "value"
            if name in ("mode", "distribution"):
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise SpecificationError(f"{self.law}: {name} {value!r}; expected a number")
            if not math.isfinite(value) or (positive and value <= 0):
                expected = "a number > 0" if positive else "a finite number"
                raise SpecificationError(f"{self.law}: {name} {value!r}; expected {expected}")

    @abstractmethod
    def at(self, fans: Fans | None) -> Law:
        """Return the law in numbers, for a layer of these fans."""


class Law(Initializer):
    """A law whose numbers are those of the values themselves."""

    def at(self, fans: Fans | None) -> Law:
        return self

    @abstractmethod
    def draw(self, stream: np.random.Generator, shape: Shape) -> Array:
        """Return values of this law."""


class RandomLaw(Law):
    """A law of random values, symmetric around 0."""

    @property
    @abstractmethod
    def deviation(self) -> float:
        """The standard deviation of the values."""

    @abstractmethod
    def cumulative(self, values: Array) -> Array:
        """Return the probability of a smaller value, for each of the values."""

    @abstractmethod
    def beyond(self, size: float) -> float:
        """Return the probability of a larger absolute value."""


@dataclass(frozen=True)
class Constant(Law):
    """Every value is `value`."""

    law = "constant"
    value: float = 0.0

    def draw(self, stream: np.random.Generator, shape: Shape) -> Array:
        return np.full(shape, float(self.value))

    def __str__(self) -> str:
        return f"constant {self.value:g}"


@dataclass(frozen=True)
class Uniform(RandomLaw):
    """Uniform between -bound and bound."""

    law = "uniform"
    bound: float

    @property
    def deviation(self) -> float:
        return self.bound / math.sqrt(3)

    def draw(self, stream: np.random.Generator, shape: Shape) -> Array:
        return stream.uniform(-self.bound, self.bound, shape)

    def cumulative(self, values: Array) -> Array:
        return np.clip((values / self.bound + 1) / 2, 0, 1)

    def beyond(self, size: float) -> float:
        return max(1 - size / self.bound, 0.0)

    def __str__(self) -> str:
        return f"uniform within {self.bound:.4g}"


@dataclass(frozen=True)
class Normal(RandomLaw):
    """Normal around 0, of a standard deviation `std`."""

    law = "normal"
    std: float

    @property
    def deviation(self) -> float:
        return self.std

    def draw(self, stream: np.random.Generator, shape: Shape) -> Array:
        return stream.standard_normal(shape) * self.std

    def cumulative(self, values: Array) -> Array:
        return _below(values / self.std)

    def beyond(self, size: float) -> float:
        return math.erfc(size / self.std / math.sqrt(2))

    def __str__(self) -> str:
        return f"normal of deviation {self.std:.4g}"


@dataclass(frozen=True)
class TruncatedNormal(RandomLaw):
    """Normal of a standard deviation `std`, values beyond two of them drawn again: their own
    deviation is 0.8796 of it."""

    law = "truncated_normal"
    std: float

    @property
    def deviation(self) -> float:
        return self.std * KEPT

    def draw(self, stream: np.random.Generator, shape: Shape) -> Array:
        values = stream.standard_normal(shape)
        while (out := np.abs(values) > CUT).any():
            values[out] = stream.standard_normal(int(out.sum()))
        return values * self.std

    def cumulative(self, values: Array) -> Array:
        least = math.erfc(CUT / math.sqrt(2)) / 2
        return np.clip((_below(values / self.std) - least) / (1 - 2 * least), 0, 1)

    def beyond(self, size: float) -> float:
        cut = math.erfc(CUT / math.sqrt(2))
        return max(math.erfc(size / self.std / math.sqrt(2)) - cut, 0.0) / (1 - cut)

    def __str__(self) -> str:
        return f"truncated normal of deviation {self.deviation:.4g}"


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Of a variance scale / fan, the fan by `mode`. The truncated normal is widened, so that its
    values have that variance (as in Keras; 2 / fan in: arXiv:1502.01852)."""

    law = "variance_scaling"
    scale: float = 1.0
    mode: str = field(default="fan_in", metadata={"choices": MODES})
    distribution: str = field(default="normal")

    def __post_init__(self) -> None:
        super().__post_init__()
        for what, value, known in (
            ("mode", self.mode, MODES),
            ("distribution", self.distribution, tuple(_DISTRIBUTIONS)),
        ):
            if value not in known:
                raise SpecificationError(f"{self.law}: {what} {value!r}; expected one of {known}")

    def at(self, fans: Fans | None) -> Law:
        if fans is None:
            raise SpecificationError(f"{self.law}: only what has a kernel has a {self.mode}")
        law: Law = _DISTRIBUTIONS[self.distribution](math.sqrt(self.scale / fans.by(self.mode)))
        return law

    def __str__(self) -> str:
        said = self.distribution.replace("_", " ")
        return f"{said} of variance {self.scale:.4g} / {self.mode.replace('_', ' ')}"


# The deviation of a standard normal whose values beyond CUT are drawn again.
_DENSITY = math.exp(-CUT * CUT / 2) / math.sqrt(2 * math.pi)
KEPT = math.sqrt(1 - 2 * CUT * _DENSITY / math.erf(CUT / math.sqrt(2)))
# What makes a law of the standard deviation of its values.
_DISTRIBUTIONS: dict[str, Any] = {
    "normal": Normal,
    "truncated_normal": lambda deviation: TruncatedNormal(deviation / KEPT),
    "uniform": lambda deviation: Uniform(deviation * math.sqrt(3)),
}

ZEROS, ONES = Constant(0.0), Constant(1.0)
HE_NORMAL = VarianceScaling(2.0, "fan_in", "normal")
HE_NORMAL_FAN_OUT = VarianceScaling(2.0, "fan_out", "normal")
GLOROT_UNIFORM = VarianceScaling(1.0, "fan_avg", "uniform")
BY_FAN_IN = VarianceScaling(1 / 3, "fan_in", "uniform")  # within 1 / √fan_in: PyTorch's own


def _below(values: Array) -> Array:
    """Return the standard normal's cumulative probabilities."""
    erf = np.vectorize(math.erf, otypes=[np.float64])  # numpy has none
    return np.asarray((1 + erf(values / math.sqrt(2))) / 2)
