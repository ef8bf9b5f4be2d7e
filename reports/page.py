"""A run's page in Markdown: what was measured, on what, how to read it, what is missing and why."""

from __future__ import annotations

import math

from reports.conditions import conditions, settings, yardsticks
from reports.records import COMPLETE, Run, Timing
from reports.schema import Bounds, PreparedRecord, WarmRecord
from reports.tables import NOT_TOLD, beside, reasons, shape, table
from reports.verdict import verdict

PAGE = """# {title}: throughput

{verdict}

{what}

{conditions}

![Images per second of each framework and style, with intervals]({name}.png)
{tables}
## How to read it

- **images/s** and **ms/step** are means over {processes} of the medians of {rounds}; \
a round is the median of its steps, and the rounds of all cases are interleaved in random order. \
The **95 % interval** is by bootstrap, processes drawn first, then their rounds.
- **of the fastest** and *times as fast* are ratios paired by round; ≈ and *{not_told}* mean that \
noise as large is to be expected: that of the same case timed twice, and of every case from one \
process to the next.
- {clock}{fed}. {apart}{grouped}. {waiting}.
- **first step** is {first_step} ({unsteady}).
{meanings}- **memory** is {memory}.
- **faults/step** are page faults: memory that is fetched anew from the system at every step.
- **of the machine** is {arithmetic} over the speed of {product} of size {matmul}; {taken}.
- The *styles* are {styles}.
{tuned}
## What was proved first

{proof}

## Where it was measured

{machine}

## Reproduce

```
{command}
```

Records: [`data/{name}.jsonl`](data/{name}.jsonl){commit}.
"""


def page(run: Run) -> str:
    """Return a run's page as Markdown: its measurements in the words of its own record."""
    header = run.header
    return PAGE.format(
        **{name: _item(text) for name, text in run.header["method"].items()},
        meanings=_meanings(run),
        verdict="\n".join(f"- {sentence}" for sentence in verdict(run)) or "Nothing was measured.",
        title=header["title"],
        name=run.name,
        what=_what(run),
        conditions=conditions(run),
        tables=_tables(run),
        not_told=NOT_TOLD,
        processes=_several(_processes(run), "process", "processes"),
        rounds=_several(header["rounds"], "round", "rounds"),
        fed=_fed(run),
        unsteady=_unsteady(run),
        grouped=_grouped(run),
        matmul=_matmul(run),
        styles=_styles(run),
        tuned=_tuned(run),
        proof=_proof(run),
        machine=_machine(run),
        command=header["command"],
        commit=f"; commit {header['commit']}" if header["commit"] else "",
    )


def _processes(run: Run) -> int:
    """Return how many processes the most timed case had: fewer where a run was interrupted."""
    found = [len({n for n, _ in t.rounds}) for t in run.timings.values() if t.measured]
    return max(found, default=run.header["processes"])


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _meanings(run: Run) -> str:
    modes = run.header["modes"].items()
    return "".join(
        f"- **{name}** is {_item(mode['meaning'])}.\n" for name, mode in modes if mode["meaning"]
    )


def _item(text: object) -> str:
    """Return text as it stands in an item of a list, lines indented."""
    return str(text).replace("\n", "\n  ")


def _what(run: Run) -> str:
    header = run.header
    text = (
        f"{header['parameters']:,} parameters, {header['macs'] / 1e6:.1f} million multiply-adds an "
        f"image. Images of {shape(run)}, {', '.join(header['precisions'].values())}: "
        f"{header['input']}. Measured {header['started'][:10]}."
    )
    if run.resumed:
        text += f" The run was interrupted and went on, {run.resumed}×."
    if run.state != COMPLETE:
        text += f"\n\n**The run was {run.state}**: what follows is what it had measured by then."
    return text


def _tables(run: Run) -> str:
    parts = []
    for mode, batch in run.groups:
        head = f"{mode.capitalize()}, batches of {batch}"
        parts.append(f"\n## {head}\n\n{table(run, mode, batch, 'github')}\n")
        more = beside(run, mode, batch, "github")
        parts += [f"\nBeside them:\n\n{more}\n"] if more else []
    missing = reasons(run)
    if missing:
        lines = "\n".join(f"- {reason}" for reason in missing)
        parts.append(f"\n## Without figures\n\n{lines}\n")
    return "".join(parts)


def _fed(run: Run) -> str:
    """Tell which panels take their batch from the host anew at each step."""
    timed = {timing.framework for timing in run.timings.values()}
    fed = [
        words["label"]
        for name, words in run.header["frameworks"].items()
        if words["feeds_every_step"] and name in timed
    ]
    return f", except in {' and '.join(fed)}, which are fed at every step" if fed else ""


def _matmul(run: Run) -> str:
    sizes = {f"{warm['matmul_size']:,}" for _, warm in _warm(run)}
    return " and ".join(sorted(sizes)) or "–"


def _unsteady(run: Run) -> str:
    late = dict.fromkeys(
        f"{run.label(timing.framework)} {timing.style} {timing.mode}"
        for timing, warm in _warm(run)
        if warm["steady"] is None
    )
    return f"not reached by {', '.join(late)}" if late else "all did"


def _grouped(run: Run) -> str:
    """Tell what was not interleaved, since there was no memory for all workers at once."""
    apart = dict.fromkeys(
        f"{run.label(timing.framework)} {timing.style} ({timing.mode})"
        for timing, warm in _warm(run)
        if warm["group"] > 0
    )
    return (
        f"; for want of memory rounds apart from the others': {', '.join(apart)}" if apart else ""
    )


def _warm(run: Run) -> list[tuple[Timing, WarmRecord]]:
    """Return the warm-ups of measured timings."""
    return [(t, warm) for t in run.timings.values() if t.measured for warm in t.warm.values()]


def _prepared(run: Run) -> list[tuple[Timing, PreparedRecord]]:
    """Return the first steps of all processes that came to them."""
    return [(t, each) for t in run.timings.values() for each in t.prepared.values()]


def _styles(run: Run) -> str:
    timed = dict.fromkeys(timing.framework for timing in run.timings.values())
    frameworks = run.header["frameworks"]
    return "; ".join(
        f"{run.label(name)}: {'; '.join(frameworks[name]['styles'].values())}" for name in timed
    )


def _tuned(run: Run) -> str:
    """Tell the style that each framework's documentation has for speed, where the record says."""
    timed = dict.fromkeys(timing.framework for timing in run.timings.values())
    told = [
        f"{run.label(name)} {mode}: {how}"
        for name in timed
        for mode, how in run.header["frameworks"][name].get("tuned", {}).items()
    ]
    return f"- For speed each framework's documentation has {'; '.join(told)}.\n" if told else ""


def _proof(run: Run) -> str:
    if run.proof is None:
        return "The run ended before anything was proved."
    worst, panels = run.proof["worst_float64"], ", ".join(map(run.label, run.proof["panels"]))
    said = "passed" if run.proof["passed"] else "did **not** all pass"
    alone = {timing.framework for timing, _ in _prepared(run)}
    if worst is None and len(alone) == 1:
        panels = f"{run.label(*alone)} alone, where no other panel ran,"
        said = "passed, held step by step in float32 against numpy's float64,"
    distance = f"; worst float64 difference of any pair {worst:.1e}" if worst is not None else ""
    text = f"{panels} {said} {run.header['method']['ladder']}{distance}."
    if run.proof.get("kept"):
        text += (
            " This verdict is of an earlier verification of the same network, versions and code, "
            "found by a hash of their content."
        )
    if not run.proof.get("rounding", True):
        text += " The float32 rungs were left out (`--quick-proof`)."
    return f"{text} {_checked(run, run.proof['bounds'])}".strip()


def _checked(run: Run, bounds: Bounds) -> str:
    """Tell how far the timed float32 outputs were from the float64 reference."""
    forward: dict[float, float] = {}  # bound -> the worst error that it was held against
    for _, prepared in _prepared(run):
        bound = prepared.get("forward_bound", bounds.get("forward", math.nan))
        forward[bound] = max(prepared["forward_error"], forward.get(bound, 0.0))
    if not forward:
        return ""
    (bound, error), *others = forward.items()
    why = run.header["method"]["forward_bound"]
    text = (
        f"Then every timed style's own {_precisions(run)} output, on the weights and the batch "
        f"that were timed, was held against float64: at most {error:.1e} of the largest "
        f"output apart (allowed {bound:.1e}, {why})"
    )
    for bound, error in others:
        text += f", {error:.1e} (allowed {bound:.1e})"
    if others:
        text += "; a bound for each mode, batch and precision"
    update = [p["update_error"] for _, p in _prepared(run) if "update_error" in p]
    if update:
        text += (
            f"; after the first update, at most {max(update):.1e} of the change that the update "
            f"makes (allowed {bounds['update']:.2g})"
        )
    return text + "."


def _precisions(run: Run) -> str:
    return ", ".join(run.header["precisions"])


def _machine(run: Run) -> str:
    machine = run.header["machine"]
    isa, pages = " ".join(machine.get("isa", [])), machine.get("huge_pages")
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {gigabytes(machine['memory'])}; "
        f"{machine['os']}, {machine['architecture']}, Python {machine['python']}",
        f"vector instructions: {isa}" if isa else "",
        f"transparent huge pages: {pages}" if pages else "",
        yardsticks(run),
        *settings(run),
        *(f"{run.label(name)}: {versions_line(found)}" for name, found in _versions(run).items()),
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def gigabytes(memory: int | None) -> str:
    """Return a machine's memory as pages say it."""
    return f"{memory / 1e9:.0f} GB" if memory else "memory unknown"


def _versions(run: Run) -> dict[str, dict[str, str]]:
    proved = run.proof["versions"] if run.proof else {}
    return proved | {timing.framework: each["versions"] for timing, each in _prepared(run)}


def versions_line(versions: dict[str, str]) -> str:
    """Return versions by distribution, in one line."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())
