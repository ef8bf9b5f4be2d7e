"""A run's figures as tables, for the terminal and for pages."""

from __future__ import annotations

from tabulate import tabulate

from reports.records import COMPLETE, Run, Timing

HEADERS = (
    "framework",
    "style",
    "images/s",
    "lowest–highest",
    "ms/step",
    "first step, s",
    "memory, MB",
    "of matmul",
)
ALIGN = ("left", "left", *["right"] * (len(HEADERS) - 2))


def figures(run: Run, timing: Timing) -> list[str]:
    """Return the cells of a timing, its outcome in place of figures where it has none."""
    label = run.label(timing.framework)
    if not timing.measured or timing.prepared is None:
        return [label, timing.style, timing.outcome, *[""] * (len(HEADERS) - 3)]
    images = run.images_per_second(timing)
    return [
        label,
        timing.style,
        significant(images.median),
        f"{significant(images.low)}–{significant(images.high)}",
        significant(1e3 * timing.step().median),
        significant(timing.prepared["first_step_s"]),
        memory(run, timing),
        f"{100 * run.share(timing):.0f} %",
    ]


def memory(run: Run, timing: Timing) -> str:
    """Return a measured timing's peak in MB, that of the GPU behind a + where there is one."""
    device = timing.warm["memory"]["peak_device"] if timing.warm else None
    text = f"{run.memory(timing) / 1e6:.0f}"
    return f"{text} + {device / 1e6:.0f} GPU" if device is not None else text


def significant(value: float) -> str:
    """Return a positive number with three significant digits, two below 1; powers of ten are for
    what is below 0.0001 alone."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}" if value >= 0.1 else f"{value:.2g}"


def table(run: Run, mode: str, style: str) -> str:
    """Return the table of a mode, fastest first, in one of tabulate's styles."""
    timings = sorted(run.of_mode(mode), key=lambda each: _order(each))
    rows = [figures(run, timing) for timing in timings]
    return tabulate(rows, HEADERS, tablefmt=style, disable_numparse=True, colalign=ALIGN)


def _order(timing: Timing) -> float:
    return timing.step().median if timing.measured else float("inf")


def reasons(run: Run) -> list[str]:
    """Return, in one line each, why what has no figures has none."""
    found: dict[tuple[str, str], list[str]] = {}
    for timing in run.timings.values():
        if not timing.measured:
            key = run.label(timing.framework), _why(timing)
            found.setdefault(key, []).append(f"{timing.style} {timing.mode}")
    return [f"{label} ({', '.join(which)}): {why}" for (label, why), which in found.items()]


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
    lines = [
        f"{header['title']}: {header['parameters']:,} parameters, "
        f"{header['macs'] / 1e6:.1f} million multiply-adds an image; "
        f"batch {header['batch']} of {shape(run)}, {header['dtype']}, {header['threads']} threads"
    ]
    for mode in run.modes:
        lines += ["", f"{mode}, median of the rounds", table(run, mode, "simple")]
    lines += ["", *reasons(run)] if reasons(run) else []
    if run.state != COMPLETE:
        lines += ["", f"the run was {run.state}"]
    return "\n".join(lines)
