"""A training's page in Markdown, from its records alone."""

from __future__ import annotations

from reports.page import gigabytes, versions_line
from reports.records import COMPLETE
from reports.tables import shape_words, significant
from reports.training.records import Training
from reports.training.schema import ProofRecord
from reports.training.tables import LAST, crossed, differing, parted, reasons, table

PAGE = """# {title}: trained in {count}

{what}

![Loss and accuracy of every panel over the steps, and how far losses are apart]({image})

{table}
{missing}
## Where they part

{parted}

Beyond rounding is what is further than {rounding_words} ({rounding:.1e} of the
loss): from there on panels have taken different steps. What rounding begins, training magnifies.
{crossed}
## How to read it

- **loss, last steps** is the mean over the last {last} steps; **loss, test** and **accuracy, test**
  are those of the {tests:,} test samples behind the last step, in batches of {evaluation}, by the
  `evaluate` or `metrics_of` of each written file; **best** is the best accuracy of any epoch.
- **images/s** is of training steps alone, reading files, validation and checkpoints left out;
  panels take turns, and do not compete with one another.
- **parameters apart** is |w − w′| / |w′| of all that trains, w′ those of {first}, behind the last
  epoch. Running variances differ by convention (PyTorch's are unbiased), which tests may show.
- Curves of panels that agree lie on one another; points are test accuracies.

## What was trained

- {network}
- Recipe: {recipe}.
- Data: {data}.
- {start}
- {batches}{loading}

## What was proved first

{proof}

## Where it ran

{machine}

## Reproduce

```
{command}
```

Records: [`{records}`]({records}){commit}.
"""


def page(training: Training, image: str, records: str) -> str:
    """Return a training's page; image, records: what links to the curves and to the records."""
    header = training.header
    first = training.first
    return PAGE.format(
        title=header["title"],
        count=f"{len(training.panels)} panel{'s' * (len(training.panels) > 1)}",
        what=_what(training),
        image=image,
        records=records,
        table=table(training, "github"),
        missing=_missing(training),
        parted="\n".join(f"- {line}" for line in parted(training)) or "No two panels trained.",
        crossed=_crossed(training),
        rounding=header["rounding"],
        rounding_words=header["rounding_words"],
        last=LAST,
        tests=header["data"]["test"],
        evaluation=header["evaluation_batch"],
        first=first.label if first else "the first panel",
        network=_network(training),
        recipe=header["recipe_words"],
        data=_data(training),
        start=_start(training),
        batches=_batches(training),
        loading=_loading(training),
        proof=_proof(training),
        machine=_machine(training),
        command="\n".join([header["command"], *(each["command"] for each in training.resumed)]),
        commit=f"; commit {header['commit']}" if header["commit"] else "",
    )


def _what(training: Training) -> str:
    header, end = training.header, training.place["end"]
    epochs = end / header["steps_per_epoch"]
    text = (
        f"{end:,} steps of batches of {header['batch']} ({epochs:.3g} epochs) in "
        f"{header['precision']}, begun {header['started'][:10]}: the same initial weights and the "
        "same batches in every panel, by the functions of the programs that "
        "`triptych emit --with-training` writes."
    )
    if any(each.started and each.started[0]["source"] for each in training.panels.values()):
        text = text.replace("the same initial weights", "one checkpoint's weights")
    elif header["own_initialization"]:
        text = text.replace("the same initial weights and", "weights of each file's own and")
    if training.state != COMPLETE:
        text += f"\n\n**The training was {training.state}**: what follows was done by then."
    return text


def _missing(training: Training) -> str:
    lines = [f"- {line}" for line in reasons(training)]
    return "\n## What did not train\n\n" + "\n".join(lines) + "\n" if lines else ""


def _network(training: Training) -> str:
    header = training.header
    drawn = "; it draws random numbers in training, and panels part by them" * header["draws"]
    return (
        f"`{header['network']}`: {header['parameters']:,} parameters, {header['macs'] / 1e6:.1f} "
        f"million multiply-adds an image of {shape_words(header['input_shape'])}{drawn}."
    )


def _data(training: Training) -> str:
    data = training.header["data"]
    return (
        f"{data['name']}: {data['train']:,} samples to train on, {data['test']:,} to test on, "
        f"{data['classes']} classes{_augmented(training)}"
    )


def _augmented(training: Training) -> str:
    said = training.header["data"].get("augmentation")
    return f"; images that are trained on, from the seed, alike in all panels: `{said}`" * bool(
        said
    )


def _start(training: Training) -> str:
    header = training.header
    begun = next((each.started[0] for each in training.panels.values() if each.started), None)
    if begun and begun["source"]:
        return (
            f"All panels begin at one checkpoint, `{begun['source']}`, of step {begun['step']:,}."
        )
    if header["own_initialization"]:
        return f"Each file draws its own initial weights, seed {header['seed']}."
    return (
        f"Initial weights are drawn once, by the laws of the specification, from seed "
        f"{header['seed']}, and given to all panels."
    )


def _batches(training: Training) -> str:
    ends = [
        f"`{panel.digests[max(panel.digests)][:16]}…` behind step {max(panel.digests):,}"
        for panel in training.panels.values()
        if panel.digests
    ]
    found = " and ".join(dict.fromkeys(ends)) or "none were taken"
    same = "the same in all panels" if training.same_batches() else "**not the same in all panels**"
    return f"Batches: {same}; SHA-256 of what each read: {found}."


def _crossed(training: Training) -> str:
    """Return what every panel makes of every panel's weights, where it is recorded."""
    found = crossed(training, "github")
    if not found:
        return ""
    most, tests = differing(training), training.header["data"]["test"]
    said = (
        f"By the same weights, panels differ by up to {most:,} of {tests:,} test samples."
        if most
        else "By the same weights, all panels have the same number of test samples right: what "
        "accuracies differ by, above, is in the weights alone."
    )
    return f"\n## The weights of each, evaluated in every panel\n\n{found}\n\n{said}\n"


def _loading(training: Training) -> str:
    """Return whether batches were waited for, where it is recorded."""
    loading = training.end.get("loading") if training.end else None
    speeds = [panel.speed for panel in training.panels.values() if panel.speed]
    if not loading or not loading["made"] or not speeds:
        return ""
    alone = loading["samples"] / loading["made"]
    return (
        f"\n- Loading: a process of its own made {loading['samples']:,} samples ahead, "
        f"{significant(alone)} a second; the fastest panel trained {significant(max(speeds))}. All "
        f"waited {loading['waited']:.1f} s for them."
    )


def _proof(training: Training) -> str:
    proof = training.proof
    if proof is None:
        return "Nothing: the ladder was left out, or not come to."
    labels = {name: each.label for name, each in training.panels.items()}
    panels = ", ".join(labels.get(name, name) for name in proof["panels"])
    verdict = "passed" if proof["passed"] else "did **not** all pass"
    worst = proof["worst_float64"]
    told = f"; worst float64 difference of any pair {worst:.1e}" if worst is not None else ""
    return (
        f"{panels} {verdict} the ladder of `triptych verify --recipe`, {proof['seconds']:.0f} s"
        f"{told}.{_uncompared(proof)}"
    )


def _uncompared(proof: ProofRecord) -> str:
    rungs = proof.get("uncompared", [])
    said = "; ".join(rungs)
    return f" Not compared, as this training magnifies rounding: {said}." if rungs else ""


def _machine(training: Training) -> str:
    place = training.place
    machine, end = place["machine"], training.end
    before, after = place["load_before"], end["load_after"] if end else None
    threads = f"{place['threads']} threads a panel" if place["threads"] else "threads by default"
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {gigabytes(machine['memory'])}; "
        f"{machine['os']}, {machine['architecture']}, Python {machine['python']}",
        f"{threads}; device: {place['device']}",
        f"load average {before:.1f} before" + (f", {after:.1f} after" if after else "")
        if before is not None
        else "",
        *(
            f"{panel.label}: {versions_line(panel.started[-1]['versions'])}"
            for panel in training.panels.values()
            if panel.started
        ),
    ]
    return "\n".join(f"- {line}" for line in lines if line)
