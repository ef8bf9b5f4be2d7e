"""A run's figures as tables, for the terminal and for pages."""

from __future__ import annotations

from tabulate import tabulate

from frontends.frameworks import TABLE
from reports.records import MODES, Run, Timing

NAMES = {name: each.label for name, each in TABLE.items()}
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


def modes(run: Run) -> list[str]:
    """Return the modes that a run has timings of."""
    return [mode for mode in MODES if run.of_mode(mode)]


def figures(run: Run, timing: Timing) -> list[str]:
    """Return the cells of a timing, its reason in place of figures where it has none."""
    if not timing.measured:
        return [NAMES[timing.framework], timing.style, timing.outcome, *[""] * (len(HEADERS) - 3)]
    images = run.images_per_second(timing)
    return [
        NAMES[timing.framework],
        timing.style,
        significant(images.median),
        f"{significant(images.low)}–{significant(images.high)}",
        significant(1e3 * timing.step().median),
        significant(timing.fields["first_step_s"]),
        memory(run, timing),
        f"{100 * run.share(timing):.0f} %",
    ]


def memory(run: Run, timing: Timing) -> str:
    """Return the peak in MB, that of the GPU behind a + where there is one."""
    device = timing.fields["memory"]["peak_device"]
    text = f"{run.memory(timing) / 1e6:.0f}"
    return f"{text} + {device / 1e6:.0f} GPU" if device is not None else text


def significant(value: float) -> str:
    """Return a positive number with three significant digits, never in powers of ten."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}" if value >= 0.1 else f"{value:.2g}"


def table(run: Run, mode: str, style: str) -> str:
    """Return the table of a mode, fastest first, in one of tabulate's styles."""
    timings = sorted(run.of_mode(mode), key=lambda each: _order(each))
    rows = [figures(run, timing) for timing in timings]
    return tabulate(rows, HEADERS, tablefmt=style, disable_numparse=True, colalign=ALIGN)


ALIGN = ("left", "left", *["right"] * (len(HEADERS) - 2))


def _order(timing: Timing) -> float:
    return timing.step().median if timing.measured else float("inf")


def reasons(run: Run) -> list[str]:
    """Return, in one line each, why what has no figures has none."""
    found: dict[str, list[str]] = {}
    for timing in run.timings.values():
        if not timing.measured:
            stage = f" at stage {timing.stage}" if timing.stage else ""
            why = f"{timing.outcome}{stage}: {timing.message}".rstrip(": ")
            found.setdefault(f"{NAMES[timing.framework]}|{why}", []).append(
                f"{timing.style} {timing.mode}"
            )
    return [
        f"{key.split('|')[0]} ({', '.join(which)}): {key.split('|', 1)[1]}"
        for key, which in found.items()
    ]


def text_tables(run: Run) -> str:
    """Return what a run prints at its end."""
    header = run.header
    shape = "×".join(map(str, header["input_shape"]))
    lines = [
        f"{header['title']}: {header['parameters']:,} parameters, "
        f"{header['macs'] / 1e6:.1f} million multiply-adds an image; "
        f"batch {header['batch']} of {shape}, float32, {header['threads']} threads"
    ]
    for mode in modes(run):
        lines += ["", f"{mode}, median of the rounds", table(run, mode, "simple")]
    lines += ["", *reasons(run)] if reasons(run) else []
    if run.state != "complete":
        lines += ["", f"the run was {run.state}"]
    return "\n".join(lines)
