"""What a run says, in sentences that its records support."""

from __future__ import annotations

import math
from itertools import pairwise

from reports.ratios import TARGET
from reports.records import AGAIN, SLOWED, Run, Timing
from reports.tables import ranked, styled


def verdict(run: Run) -> list[str]:
    """Return the sentences of a page's head: the fastest of each group, noise, and the limits."""
    found = [_fastest(run, *group) for group in run.groups]
    found += [_noise(run), _planted(run), _limit(run), _break_even(run)]
    return [sentence for sentence in found if sentence]


def _fastest(run: Run, mode: str, batch: int) -> str:
    measured = [timing for timing in ranked(run, mode, batch) if timing.measured]
    if not measured:
        return ""
    first, *others = measured
    head = f"In {mode}, batches of {batch}, **{named(run, first)}** is the fastest"
    if not others:
        return f"In {mode}, batches of {batch}, {named(run, first)} alone was measured."
    if run.noise is None:
        return f"{head} that was measured; this run does not tell its noise."
    alike = [other for other in others if not run.tells(first, other)]
    if alike:
        names = ", ".join(named(run, other) for other in alike[:3])
        more = f" and {len(alike) - 3} more" if len(alike) > 3 else ""
        return f"{head}; noise does not tell it from {names}{more}."
    by = run.ratio(first, others[0])
    assert by is not None
    return (
        f"{head}: {by.value:.2f} times ({by.low:.2f}–{by.high:.2f}) as fast as "
        f"{named(run, others[0])}, the next."
    )


def named(run: Run, timing: Timing) -> str:
    """Return what a timing is called in a sentence."""
    return f"{run.label(timing.framework)} {styled(run, timing)}"


def _noise(run: Run) -> str:
    known = run.noise
    if known is None:
        return ""
    pairs = ", ".join(f"{100 * (each.value - 1):+.1f} %" for each in known.again)
    spread = "; every case had one process, so that what differs between processes is not seen"
    if known.spread is not None:
        spread = f"; a case varies by {100 * known.spread:.1f} % from process to process"
    text = (
        f"Differences below **{_percent(known.floor)}** are noise here and not called any "
        f"(the same case against itself: {pairs or 'not measured'}"
        f"{spread})."
    )
    if known.floor > TARGET:
        text += " **This machine was too noisy in this run to tell 10 %.**"
    return text


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 1 else "100 % and more"


def _planted(run: Run) -> str:
    """Tell what was seen of slow-downs that were planted."""
    slowed = [t for t in run.timings.values() if t.variant.startswith(f"{SLOWED} ") and t.measured]
    pairs = [(timing, base) for timing in slowed if (base := run.base(timing))]
    if not pairs:
        return ""
    seen = sum(run.tells(*pair) for pair in pairs)
    kind = slowed[0].key[:-1]
    same = [
        timing
        for timing in run.timings.values()
        if timing.measured
        and timing.key[:-1] == kind
        and (not timing.variant or timing.variant.startswith(AGAIN))
    ]
    twins = [*pairwise(same), *pairwise(slowed)]
    false = sum(run.tells(*pair) for pair in twins)
    return (
        f"Of {len(pairs)} planted slow-downs by 10 %, {seen} were called; of {len(twins)} pairs of "
        f"the same, {false}."
    )


def _limit(run: Run) -> str:
    """Tell how near the best comes to what the machine can do."""
    first = next(iter(run.header["precisions"]), "")
    written = [t for t in run.timings.values() if t.measured and not t.variant]
    measured, roof = [t for t in written if t.precision == first], roof_of(run)
    if not measured or roof is None:
        return ""
    best = max(measured, key=run.flops)
    bound = "memory" if roof < (run.product or math.inf) else "arithmetic"
    return (
        f"The most arithmetic a second, {run.flops(best) / 1e9:,.0f} GFLOP/s by "
        f"{named(run, best)} in {best.mode}, is {100 * run.flops(best) / roof:.0f} % of the roof "
        f"of steps that are not fused, which {bound} sets."
    )


def roof_of(run: Run) -> float | None:
    """Return the FLOP/s that product and bandwidth allow steps that are not fused, if known."""
    if run.product is None or run.bandwidth is None or run.intensity is None:
        return None
    return min(run.product, run.bandwidth * run.intensity)


def _break_even(run: Run) -> str:
    """Tell after how many steps of training the fastest style has made up for its first step."""
    found = [breaking_even(run, group) for group in run.groups if group[0] == "training"]
    for each in filter(None, found):
        fast, quick, steps = each
        return (
            f"In training, {named(run, fast)} has made up for its first step after {steps:,.0f} "
            f"steps, against {named(run, quick)}."
        )
    return ""


def breaking_even(run: Run, group: tuple[str, int]) -> tuple[Timing, Timing, float] | None:
    """Return the fastest timing of a group, the one that starts the fastest, and after how many
    steps the first is ahead of it; None if one is both."""
    timings = [t for t in ranked(run, *group) if t.measured and t.first]
    if len(timings) < 2:
        return None
    fast, quick = timings[0], min(timings, key=_start)
    gained = quick.step.value - fast.step.value
    if fast is quick or gained <= 0:
        return None
    return fast, quick, math.ceil((_start(fast) - _start(quick)) / gained)


def _start(timing: Timing) -> float:
    first = timing.first
    return first["build_s"] + first["first_step_s"] if first else math.inf
