"""Judge a float32 run by its local errors: each step against float64 on the run's own inputs.

u = 2⁻²⁴. A step's error is what was recorded less the float64 result from the recorded inputs; its
unit is u times the step on absolute values, and 2⁻¹²⁶, below which float32 may flush to zero. An
error that comes from before is in the inputs, so that nothing is magnified on the way, and the step
at fault is known. Likewise for the cotangent of every value, from the recorded cotangents behind
it, and for the parameters' gradients.

The bounds (figures: reports/rounding.md):
results and cotangents of matrix products: 32. Products are summed in blocks, so right runs stay
near 1; operands of 10 bits give 50 and more. Kernel gradients are sums over the batch, long enough
for float32's own error to grow; they are judged by the share of the error that operands of fewer
bits would explain, 0.5 of it, and by the bound of any order of summation. All else: 4√n for
results; n + k - 1 + 8 for gradients, n the longest sum, k the steps that hand a part back; with a
product among these 32 at least, and 32 alone if all are products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.elaborate import Step
from common.ops import Conv2d, Dense
from common.ops.local import Array, Given, Local
from frontends.ladder.reference import parameters_of

UNIT = 2.0**-24
LEAST = 2.0**-126  # a value below it may be flushed to zero
PRODUCT_BOUND = 32.0
RESULT_BOUND = 4.0  # of other results, times √n
SUM_BOUND = 8.0  # of other gradients, beside a unit per addition
SHARE_BOUND = 0.5  # of a format's own error
SUSPECT = 2.0  # kernel gradients below this many units hold no operands of 10 bits, up to n = 1e6
LONGEST = 1_000_000  # terms of a sum, beyond which kernel gradients are not told apart
GRID = 13  # low bits of a float32 that a value of 10 bits or fewer leaves at zero
LEAST_ON_GRID = 16
CANCELS = 2.0**-6  # of its terms: a smaller value has lost that many of its bits


@dataclass(frozen=True)
class Finding:
    """How far one recorded tensor is from float64, relative to what is allowed (1: just so).

    what: in words, with the place. note: what speaks against it, where it is beyond.
    """

    what: str
    ratio: float
    note: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.note}"


def _keep(bits: int, mode: str) -> Callable[[Array], Array]:
    """Return the rounding of float32 values to so many explicit mantissa bits."""
    drop = 23 - bits

    def rounded(values: Array) -> Array:
        whole = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
        if mode == "nearest":
            whole += (1 << (drop - 1)) - 1 + ((whole >> np.uint64(drop)) & np.uint64(1))
        whole &= np.uint64(0xFFFFFFFF ^ ((1 << drop) - 1))
        return whole.astype(np.uint32).view(np.float32).astype(np.float64)

    return rounded


def _half(values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.nan_to_num(values.astype(np.float16).astype(np.float64))


tf32 = _keep(10, "nearest")
FORMATS: dict[str, Callable[[Array], Array]] = {
    "operands of 10 bits (TF32)": tf32,
    "operands of 10 bits, cut off": _keep(10, "zero"),
    "bfloat16 operands": _keep(7, "nearest"),
    "bfloat16 operands, cut off": _keep(7, "zero"),
    "float16 operands": _half,
}


class Judge:
    """Judges one mode of a float32 run. `get` returns a recorded array by its name; `silent` are
    the steps that the panel is exempt from telling, with which go all that takes from them."""

    def __init__(
        self,
        steps: tuple[Step, ...],
        parameters: Mapping[str, Array],
        batch: Array,
        get: Callable[[str], Array],
        mode: str,
        silent: Collection[str] = (),
    ) -> None:
        self._steps, self._parameters, self._batch = steps, parameters, batch
        self._get, self._mode, self._training = get, mode, mode == "train"
        self._size, self._silent = len(batch), frozenset(silent)

    def results(self) -> list[Finding]:
        """Return a finding per step, in the order of execution."""
        found = []
        for step in self._told():
            given = self._given(step)
            found.append(self._of_result(step, step.op.local(given), step.op.magnitudes(given)))
        return found

    def training(self) -> tuple[list[Finding], list[Finding]]:
        """Return the findings of results, as above, and those of gradients, on the way back: one
        per cotangent of a value and per parameter."""
        results: list[Finding] = []
        gradients: list[Finding] = []
        values: dict[int, _Sum] = {}
        parameters: dict[str, _Sum] = {}
        unknown: set[int | str] = set()  # values and layers of which not every part is told
        first = {self._steps[i].layer: i for i in reversed(range(len(self._steps)))}
        for index in reversed(range(len(self._steps))):
            step = self._steps[index]
            if index in values and index not in unknown:
                gradients.append(self._cotangent(step.path, values.pop(index)))
            if not self._is_told(step):
                unknown |= {*step.sources, step.layer}
                continue
            given = self._given(step, self._cotangent_of(step.path))
            local, scale = step.op.local(given), step.op.magnitudes(given)
            results.append(self._of_result(step, local, scale))
            self._hand_back(step, local, scale, values, parameters)
            gradients += self._operands(step, given, local, scale)
            if first[step.layer] == index:  # no call of it is left
                gradients += self._parameters_of(step, parameters, unknown)
        if -1 in values and -1 not in unknown:
            gradients.append(self._cotangent("", values.pop(-1)))
        return results[::-1], gradients

    def _parameters_of(
        self, step: Step, sums: dict[str, _Sum], unknown: Collection[int | str]
    ) -> Iterator[Finding]:
        """Yield the findings of a layer's parameters, of which the sums are complete."""
        for kind in step.op.parameters(step.inputs[0]):
            name = f"{step.layer}.{kind}"
            total = sums.pop(name, None)
            if total is None or step.layer in unknown:
                continue
            recorded = self._get(f"{self._mode}/gradient/{name}").astype(np.float64)
            what = f"gradient of {name}"
            yield _finding(what, recorded, total.exact, total.scale, total.bound())

    def _told(self) -> list[Step]:
        return [step for step in self._steps if self._is_told(step)]

    def _is_told(self, step: Step) -> bool:
        """Is a step told, and all that it takes?"""
        around = [step, *(self._steps[i] for i in step.sources if i >= 0)]
        return not any(each.path in self._silent for each in around)

    def _given(self, step: Step, cotangent: Array | None = None) -> Given:
        own = parameters_of(step, self._parameters)
        return Given(self._inputs(step), own, cotangent, self._training)

    def _of_result(self, step: Step, local: Local, scale: Local) -> Finding:
        terms = step.op.terms(step.inputs, self._size, self._training).result
        bound = PRODUCT_BOUND if step.op.is_product else RESULT_BOUND * math.sqrt(terms)
        recorded = self._result(step.path)
        return _finding(f"step {step.path}", recorded, local.result, scale.result, bound)

    def _hand_back(
        self,
        step: Step,
        local: Local,
        scale: Local,
        values: dict[int, _Sum],
        parameters: dict[str, _Sum],
    ) -> None:
        """Add what a step hands back to its inputs and its parameters."""
        terms = step.op.terms(step.inputs, self._size, self._training)
        for source, exact, size in zip(step.sources, local.inputs, scale.inputs):
            into = values.setdefault(source, _Sum())
            into.add(exact, size, terms.input, step.op.is_product, step.path)
        for kind, exact in local.parameters.items():
            into = parameters.setdefault(f"{step.layer}.{kind}", _Sum())
            into.add(exact, scale.parameters[kind], terms.parameter, False, step.path)

    def _operands(self, step: Step, given: Given, local: Local, scale: Local) -> Iterator[Finding]:
        """Yield what share of a kernel gradient's error operands of fewer bits would explain."""
        op, name = step.op, f"{step.layer}.kernel"
        if not isinstance(op, (Conv2d, Dense)) or given.cotangent is None:
            return
        terms = op.terms(step.inputs, self._size, self._training).parameter
        if sum(each.layer == step.layer for each in self._steps) > 1 or terms > LONGEST:
            return  # called again: its gradient is a sum over calls
        exact = local.parameters["kernel"]
        error = self._get(f"{self._mode}/gradient/{name}").astype(np.float64) - exact
        unit = UNIT * _norm(scale.parameters["kernel"])
        if not np.isfinite(error).all() or _norm(error) <= SUSPECT * unit:
            return
        shares, explained = {}, {}
        for label, rounded in FORMATS.items():
            kernel = given.parameters["kernel"]
            own = op.kernel_gradient(rounded(given.inputs[0]), kernel, rounded(given.cotangent))
            own = own - exact
            power = float((own * own).sum())
            shares[label] = float((error * own).sum()) / power if power else 0.0
            explained[label] = shares[label] ** 2 * power
        worst = max(shares.values())
        beyond = [label for label, share in shares.items() if share > SHARE_BOUND]
        label = max(beyond, key=lambda each: explained[each], default="")
        note = f"{shares[label]:.2f} of its error is what {label} would give" if label else ""
        yield Finding(f"gradient of {name}", worst / SHARE_BOUND, note)

    def _cotangent(self, path: str, total: _Sum) -> Finding:
        consumers = ", ".join(dict.fromkeys(total.paths))
        what = f"cotangent of step {path}" if path else "gradient of the input"
        recorded = self._cotangent_of(path)
        return _finding(
            f"{what} (from {consumers})", recorded, total.exact, total.scale, total.bound()
        )

    def _inputs(self, step: Step) -> list[Array]:
        return [self._result(self._steps[i].path) if i >= 0 else self._batch for i in step.sources]

    def _result(self, path: str) -> Array:
        return self._get(f"{self._mode}/step/{path}").astype(np.float64)

    def _cotangent_of(self, path: str) -> Array:
        name = f"cotangent/{path}" if path else "gradient/input"
        return self._get(f"{self._mode}/{name}").astype(np.float64)


class _Sum:
    """What several steps hand back to one value or parameter."""

    def __init__(self) -> None:
        self.exact: Any = 0.0
        self.scale: Any = 0.0
        self.paths: list[str] = []
        self._terms, self._product = 0, False

    def add(self, exact: Array, scale: Array, terms: int, product: bool, path: str) -> None:
        self.exact, self.scale = self.exact + exact, self.scale + scale
        self._terms, self._product = max(self._terms, terms), self._product or product
        self.paths.append(path)

    def bound(self) -> float:
        sums = self._terms + len(self.paths) - 1 + SUM_BOUND
        return max(PRODUCT_BOUND, sums if self._terms else 0.0) if self._product else sums


def _finding(what: str, recorded: Array, exact: Array, scale: Array, bound: float) -> Finding:
    """Compare one recorded tensor with float64; what is left open (NaN) is left out."""
    if recorded.shape != exact.shape:
        return Finding(what, math.inf, f"shape {recorded.shape}, expected {exact.shape}")
    known = ~np.isnan(exact)
    error = np.where(known, recorded - exact, 0.0)
    if not np.isfinite(error).all():
        return Finding(what, math.inf, "it is not finite")
    unit = UNIT * _norm(np.where(known, scale, 0.0)) + LEAST * math.sqrt(known.sum())
    score = _norm(error) / unit if unit else 0.0
    ratio = score / bound
    note = "" if ratio <= 1 else f"{score:.3g} units of rounding, allowed {bound:.3g}"
    share = _on_grid(recorded, error, scale)
    if ratio <= 1 and share > SHARE_BOUND:
        return Finding(
            what, share / SHARE_BOUND, f"{share:.0%} of its values have 10 bits or fewer"
        )
    return Finding(what, ratio, note)


def _on_grid(recorded: Array, error: Array, scale: Array) -> float:
    """Return the share of inexact values whose low bits are zero: stored in 16 bits.

    What cancellation leaves of larger terms is a multiple of their last bit, and does not count.
    """
    known = (error != 0) & (np.abs(recorded) > CANCELS * scale)
    inexact = recorded[known].astype(np.float32)
    if inexact.size < LEAST_ON_GRID:
        return 0.0
    return float(((inexact.view(np.uint32) & ((1 << GRID) - 1)) == 0).mean())


def _norm(array: Any) -> float:
    """Return the Euclidean norm; squares of float32 values are summed in float64."""
    flat = np.asarray(array).ravel()
    return math.sqrt(float(np.einsum("i,i->", flat, flat, dtype=np.float64)))
