"""A run's figures as tables, for the terminal and for pages."""

from __future__ import annotations

from tabulate import tabulate

from reports.ratios import Estimate
from reports.records import COMPLETE, Run, Timing

HEADERS = (
    "framework",
    "style",
    "images/s",
    "95 % interval",
    "of the fastest",
    "ms/step",
    "first step, s",
    "memory, MB",
    "faults/step",
    "of the machine",
)
ALIGN = ("left", "left", *["right"] * (len(HEADERS) - 2))
BESIDE = ("what", "of", "images/s", "times as fast", "95 % interval", "faults/step", "")
NOT_TOLD = "within the noise"


def figures(run: Run, timing: Timing, fastest: Timing) -> list[str]:
    """Return the cells of a timing, its outcome in place of figures where it has none."""
    label, style = run.label(timing.framework), styled(run, timing)
    if not timing.measured:
        return [label, style, timing.outcome, *[""] * (len(HEADERS) - 3)]
    first, share = timing.first, run.share(timing)
    return [
        label,
        style,
        significant(timing.images.value),
        interval(timing.images),
        _against(run, timing, fastest),
        significant(1e3 * timing.step.value),
        significant(first["first_step_s"]) if first else "",
        memory(timing),
        _faults(timing),
        f"{100 * share:.0f} %" if share is not None else "",
    ]


def _faults(timing: Timing) -> str:
    return "" if timing.faults is None else f"{timing.faults:,.0f}"


def styled(run: Run, timing: Timing) -> str:
    """Return the style of a timing, with its precision where a run has several."""
    several = len(run.header["precisions"]) > 1
    return f"{timing.style}, {timing.precision}" if several else timing.style


def interval(found: Estimate) -> str:
    """Return an interval as its ends."""
    return f"{significant(found.low)}–{significant(found.high)}"


def _against(run: Run, timing: Timing, fastest: Timing) -> str:
    """Return how fast a timing is, as a share of the fastest, ≈ where noise does not tell."""
    found = run.ratio(timing, fastest)
    if timing is fastest or found is None:
        return "1" if timing is fastest else ""
    told = run.noise is None or run.tells(timing, fastest)
    return f"{'' if told else '≈ '}{found.value:.2f}"


def memory(timing: Timing) -> str:
    """Return a measured timing's peak in MB, that of the GPU behind a + where there is one."""
    if timing.memory is None:
        return ""
    device = max((w["memory"]["peak_device"] or 0 for w in timing.warm.values()), default=0)
    text = f"{timing.memory / 1e6:.0f}"
    return f"{text} + {device / 1e6:.0f} GPU" if device else text


def significant(value: float) -> str:
    """Return a positive number with three significant digits, two below 1; powers of ten are for
    what is below 0.0001 alone."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}" if value >= 0.1 else f"{value:.2g}"


def ranked(run: Run, mode: str, batch: int) -> list[Timing]:
    """Return the timings of a mode and batch, fastest first, those without figures last."""
    return sorted(run.of_group(mode, batch), key=_order)


def table(run: Run, mode: str, batch: int, style: str) -> str:
    """Return the table of a mode and batch, fastest first, in one of tabulate's styles."""
    timings = ranked(run, mode, batch)
    rows = [figures(run, timing, timings[0]) for timing in timings]
    return tabulate(rows, HEADERS, tablefmt=style, disable_numparse=True, colalign=ALIGN)


def _order(timing: Timing) -> float:
    return timing.step.value if timing.measured else float("inf")


def beside(run: Run, mode: str, batch: int, style: str) -> str:
    """Return the table of what was timed beside the written files, "" without any."""
    timings = [t for t in run.of_group(mode, batch, variants=True) if " " not in t.variant]
    rows = [_beside(run, timing) for timing in timings]
    align = ("left", "left", *["right"] * 4, "left")
    return (
        tabulate(rows, BESIDE, tablefmt=style, disable_numparse=True, colalign=align)
        if rows
        else ""
    )


def _beside(run: Run, timing: Timing) -> list[str]:
    what, base = run.header["variants"][timing.variant], run.base(timing)
    of = f"{run.label(timing.framework)} {styled(run, timing)}"
    found = run.ratio(timing, base) if base and timing.measured else None
    if base is None or found is None:
        return [what, of, "" if timing.measured else timing.outcome, *[""] * (len(BESIDE) - 3)]
    told = "" if run.tells(timing, base) else NOT_TOLD
    ends = f"{found.low:.3f}–{found.high:.3f}"
    figures = [significant(timing.images.value), f"{found.value:.3f}", ends, _faults(timing)]
    return [what, of, *figures, told]


def reasons(run: Run) -> list[str]:
    """Return, in one line each, why what has no figures has none."""
    found: dict[tuple[str, str], list[str]] = {}
    for timing in run.timings.values():
        if not timing.measured:
            key = run.label(timing.framework), _why(timing)
            found.setdefault(key, []).append(_which(run, timing))
    return [f"{label} ({', '.join(which)}): {why}" for (label, why), which in found.items()]


def _which(run: Run, timing: Timing) -> str:
    parts = [styled(run, timing), timing.mode]
    parts += [f"of {timing.batch}"] if len({t.batch for t in run.timings.values()}) > 1 else []
    return " ".join([*parts, *([timing.variant] if timing.variant else [])])


def _why(timing: Timing) -> str:
    stage = f" at stage {timing.stage}" if timing.stage else ""
    message = f": {timing.message}" if timing.message else ""
    return f"{timing.outcome}{stage}{message}"


def shape(run: Run) -> str:
    """Return the shape of one image, channels first, as C×H×W."""
    return shape_words(run.header["input_shape"])


def shape_words(sizes: list[int]) -> str:
    """Return a shape as C×H×W."""
    return "×".join(map(str, sizes))


def text_tables(run: Run) -> str:
    """Return what a run prints at its end."""
    header = run.header
    precisions = ", ".join(header["precisions"])
    lines = [
        f"{header['title']}: {header['parameters']:,} parameters, "
        f"{header['macs'] / 1e6:.1f} million multiply-adds an image; "
        f"images of {shape(run)}, {precisions}, {header['threads']} threads"
    ]
    for mode, batch in run.groups:
        more = beside(run, mode, batch, "simple")
        lines += ["", f"{mode}, batches of {batch}", table(run, mode, batch, "simple")]
        lines += ["", more] if more else []
    lines += ["", *reasons(run)] if reasons(run) else []
    if run.state != COMPLETE:
        lines += ["", f"the run was {run.state}"]
    return "\n".join(lines)
