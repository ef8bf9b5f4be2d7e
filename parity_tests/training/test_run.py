"""Trainings: recorded, kept, gone on with; what a panel does wrong, or cannot, is a named row."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.errors import TriptychError
from common.recipes.recipe import Optimizer, Recipe
from frontends.api import train
from frontends.ladder.report import Report, Row
from frontends.training.crossing import cross_evaluate
from frontends.training.experiment import Experiment, bounded
from frontends.training.history import CHECKPOINTS, RECORDS, read_settings
from frontends.training.panel import BEST, LAST, Panel
from frontends.training.proof import refusal
from frontends.training.run import Run, Trained
from frontends.training.start import checkpoint_of, drawn
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import (
    AGREES,
    CRASHED,
    MISMATCHED,
    NOT_COMPARABLE,
    NOT_INSTALLED,
    Outcome,
    WorkerError,
)
from frontends.workers.pool import Workers
from frontends.workers.protocol import Evaluated
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.rows import rows
from parity_tests.training import shared
from reports.train import show
from reports.training.records import Training, read_training
from reports.training.tables import differing, parted, reasons, text

SPE = 6  # steps of an epoch
ADAM = Recipe(Optimizer("adam"), 1e-3, epochs=2)
MOMENTUM_2 = replace(shared.MOMENTUM, epochs=1, steps=2)


def _run(made: Experiment, folder: Path, workers: Workers, **how: Any) -> Trained:
    return Run(made, folder, proves=False, quiet=True, workers=workers, **how).train()


def _read(folder: Path) -> Training:
    return read_training(folder / RECORDS)


def _last(folder: Path, panel: str, name: str = LAST) -> Path:
    return folder / CHECKPOINTS / panel / f"{name}.safetensors"


def test_panels_train_side_by_side(tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ("torch", "paddle")), tmp_path / "out"
    assert _run(made, out, workers).complete
    found = _read(out)
    torch, paddle = found.panels.values()
    assert [each.steps for each in (torch, paddle)] == [2 * SPE, 2 * SPE]
    assert found.same_batches() and torch.samples[SPE] == 4
    assert found.end and found.end["loading"]["samples"] == 2 * shared.TRAIN + shared.TEST
    assert abs(torch.losses[1] - paddle.losses[1]) < found.header["rounding"] * torch.losses[1]
    assert sorted(torch.validations) == [SPE, 2 * SPE]
    assert torch.last is not None and torch.last["samples"] == shared.TEST
    assert 0 < paddle.distances[2 * SPE]["distance"] < 1e-3 and not torch.distances
    for name in (LAST, BEST):
        assert checkpoint_of(_last(out, "paddle", name)).step in (SPE, 2 * SPE)
    assert show(out) == 0 and not reasons(found)
    page = (out / "README.md").read_text()
    assert "the same in all panels" in page and len(parted(found)) == 1
    for link in ("curves.png", "curves.svg", RECORDS):
        assert ((out / link).is_file() and f"({link})" in page) or link == "curves.svg"


def test_a_file_may_draw_its_own_weights(tmp_path: Path, workers: Workers) -> None:
    first: dict[str, float] = {}
    own: dict[str, Any] = {"own_initialization": True}
    runs = {"drawn": {}, "own": own, "again": own, "other": own | {"seed": 1}}
    for name, options in runs.items():
        made = shared.experiment(tmp_path / "data", ["torch"], **options)
        _run(made.until(None, 1), tmp_path / name, workers)
        first[name] = _read(tmp_path / name).panels["torch"].losses[1]
    assert first["own"] == first["again"]
    assert len({first[name] for name in ("drawn", "own", "other")}) == 3


def test_what_the_ladder_refuses_does_not_train(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["torch", "paddle"]
    made, out = shared.experiment(tmp_path / "data", names, MOMENTUM_2), tmp_path / "out"
    both = (names[0], names[1])
    failed = [
        Row("forward, eval", both, MISMATCHED, 1e-3, 1e-10, "first at step stem.bn"),
        Row("stage load", ("paddle",), CRASHED, note="planted", stage="load"),
    ]
    report = Report(made.network.name, 8, names, failed)
    monkeypatch.setattr("frontends.training.run.prove", lambda _: report)
    found = Run(made, out, quiet=True, workers=workers).train()
    assert found.outcomes["paddle"] == Outcome("paddle", CRASHED, "load", "planted")
    read = _read(out)
    assert read.proof is not None and not read.proof["passed"]
    assert not read.panels["paddle"].losses and show(out) == 1


REFUSED = {
    "agrees": (AGREES, None),
    "magnifies rounding": (NOT_COMPARABLE, None),
    "mismatched": (MISMATCHED, "training: mismatched"),
}


@rows("outcome, said", REFUSED)
def test_only_what_is_wrong_is_refused(outcome: str, said: str | None) -> None:
    row = Row("training", ("torch",), outcome, 1.0, 1e-9, "planted")
    why = refusal(Report("net", 8, ["torch", "paddle"], [row]), "torch")
    assert (why is None) == (said is None)
    assert why is None or (why.stage == "verify" and "training" in why.message)


def test_the_best_is_the_best(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = iter((0.5, 0.75, 0.25))
    monkeypatch.setattr(
        Panel, "evaluate", lambda *_: Evaluated(1.0, next(accuracies), shared.TEST, 0.1)
    )
    made = shared.experiment(tmp_path / "data", ["torch"], replace(shared.MOMENTUM, epochs=3))
    _run(made, tmp_path / "out", workers)
    best, last = (_last(tmp_path / "out", "torch", name) for name in (BEST, LAST))
    assert (checkpoint_of(best).step, checkpoint_of(last).step) == (2 * SPE, 3 * SPE)


BOUNDS = {
    "none": (None, None, (4, 9)),
    "epochs alone": (2, None, (2, 0)),
    "steps alone": (None, 7, (4, 7)),
    "both": (2, 7, (2, 7)),
}


@rows("epochs, steps, expected", BOUNDS)
def test_epochs_alone_are_taken_whole(
    epochs: int | None, steps: int | None, expected: tuple[int, int]
) -> None:
    found = bounded(replace(shared.MOMENTUM, epochs=4, steps=9), epochs, steps)
    assert (found.epochs, found.steps) == expected


@pytest.mark.complete
def test_panels_prove_themselves_first(tmp_path: Path) -> None:
    data, out = shared.write_data(tmp_path), tmp_path / "out"
    recipe, network = replace(shared.MOMENTUM, epochs=1), small.se_resnext()
    assert train(network, recipe, str(data), out, ["torch"], threads=1).complete
    proof = _read(out).proof
    assert proof is not None and proof["passed"] and proof["panels"] == ["torch", "paddle"]
    assert show(out) == 0 and "passed the ladder" in (out / "README.md").read_text()


@rows("stop", {"within an epoch": 5, "at its end": SPE})
def test_resumes_as_if_never_interrupted(stop: int, tmp_path: Path, workers: Workers) -> None:
    made = shared.experiment(tmp_path / "data", ["torch"], ADAM, precision="float64")
    _run(made, tmp_path / "whole", workers)
    _run(made.until(None, stop), tmp_path / "parts", workers)
    assert checkpoint_of(_last(tmp_path / "parts", "torch")).step == stop
    resumed = read_settings(tmp_path / "parts").until(None, 0)
    _run(resumed, tmp_path / "parts", workers, resumes=True)
    whole, parts = (_read(tmp_path / name).panels["torch"] for name in ("whole", "parts"))
    one, other = (np.array(list(each.losses.values())) for each in (whole, parts))
    assert len(one) == 2 * SPE and np.abs(one - other).max() < 1e-12
    assert whole.digests[2 * SPE] == parts.digests[2 * SPE]
    final = [checkpoint_of(_last(tmp_path / name, "torch")) for name in ("whole", "parts")]
    for name, array in final[0].weights.items():
        assert np.abs(array - final[1].weights[name]).max() < 1e-9


def test_goes_on_from_anothers_checkpoint(tmp_path: Path, workers: Workers) -> None:
    made = shared.experiment(tmp_path / "data", ["torch"], ADAM, precision="float64")
    _run(made, tmp_path / "whole", workers)
    _run(made.until(None, 5), tmp_path / "torch", workers)
    other = replace(made, panels=("paddle",))
    _run(other, tmp_path / "paddle", workers, source=_last(tmp_path / "torch", "torch"))
    whole, more = _read(tmp_path / "whole"), _read(tmp_path / "paddle")
    assert min(more.panels["paddle"].losses) == SPE
    for step, loss in more.panels["paddle"].losses.items():
        assert abs(loss - whole.panels["torch"].losses[step]) < 1e-9 * loss


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_goes_on_begins_where_it_began(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted before a checkpoint, with a panel that begins later, its source gone."""
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 5), tmp_path / "first", workers)
    source = _last(tmp_path / "first", "torch")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Panel, "begin", _interrupt)
        _run(made, out, workers, source=source)
    source.unlink()
    resumed = replace(read_settings(out).until(None, 7), panels=("torch", "paddle"))
    _run(resumed, out, workers, resumes=True)
    for panel in _read(out).panels.values():
        assert sorted(panel.losses) == [6, 7]
    assert show(out) == 0
    page = (out / "README.md").read_text()
    assert "begin at one checkpoint" in page and "are drawn once" not in page


@rows("ends", {"at the checkpoint": 5, "before it": 3})
def test_a_source_that_leaves_no_step_is_refused(
    ends: int, tmp_path: Path, workers: Workers
) -> None:
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 5), out, workers)
    source = _last(out, "torch")
    with pytest.raises(TriptychError, match=f"of step 5, and the training ends at step {ends}:"):
        _run(made.until(None, ends), tmp_path / "more", workers, source=source)


def test_what_goes_on_is_the_training_that_began(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its panels, from another folder, never to an end that lies behind."""
    made, out = shared.experiment(tmp_path / "data", ("torch", "paddle")), tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    _run(replace(made.until(None, 2), data="data"), out, workers)
    monkeypatch.chdir("/")
    _run(replace(read_settings(out).until(None, 3), panels=("torch",)), out, workers, resumes=True)
    found = read_settings(out)
    assert found.panels == ("torch", "paddle") and Path(found.data).is_absolute()
    with pytest.raises(TriptychError, match=r"3 steps are recorded; .* ends it at 1"):
        _run(found.until(None, 1), out, workers, resumes=True)


def test_a_checkpoint_that_is_gone_is_told(tmp_path: Path, workers: Workers) -> None:
    """A training does not begin anew where it was to go on."""
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 2), out, workers)
    _last(out, "torch").unlink()
    with pytest.raises(TriptychError, match="the records say that it was kept at step 2"):
        _run(made.until(None, 3), out, workers, resumes=True)


def test_two_do_not_go_on_with_one_training(tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    under_way = Run(made.until(None, 1), out, proves=False, quiet=True, workers=workers)
    with pytest.raises(TriptychError, match="another run that goes on writes to it"):
        Run(made, out, resumes=True)
    under_way.train()
    assert _run(made.until(None, 2), out, workers, resumes=True).complete


def test_weights_are_evaluated_alike_in_every_panel(tmp_path: Path, workers: Workers) -> None:
    names = ("torch", "paddle")
    made, out = shared.experiment(tmp_path / "data", names, MOMENTUM_2), tmp_path / "out"
    _run(made, out, workers)
    cross_evaluate(out, workers)
    found = _read(out)
    assert sorted(found.crossed) == sorted(product(names, names)) and differing(found) == 0
    for (panel, source), each in found.crossed.items():
        own = found.panels[source].last
        assert own and each["accuracy"] == own["accuracy"], (panel, source)
    assert show(out) == 0
    page = (out / "README.md").read_text()
    assert "in the weights alone" in page and "| weights of" in page
    found.crossed["torch", "paddle"]["accuracy"] += 0.2
    assert differing(found) == 2
    _run(read_settings(out).until(2, 3), out, workers, resumes=True)
    assert not _read(out).crossed  # of other weights than the last


def test_a_panel_that_is_fed_another_batch_is_stopped(tmp_path: Path, workers: Workers) -> None:
    made = shared.experiment(tmp_path / "data", ["torch"])
    panel = shared.panel("torch", made, tmp_path, workers)
    panel.begin(drawn(made, tmp_path))
    chunk = shared.chunk(made, 0, 2, tmp_path)
    with ArrayReader(chunk.path) as reader:
        arrays = dict(reader.items())
    arrays["1/input"][0, 0, 0, 0] += 1e-3
    write_arrays(chunk.path, arrays)
    with pytest.raises(WorkerError, match="other batches than") as caught:
        panel.advance(chunk)
    assert caught.value.outcome.kind == MISMATCHED


def test_batches_that_differ_are_told(tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ("torch", "paddle")), tmp_path / "out"
    _run(made.until(None, 2), out, workers)
    found = _read(out)
    found.panels["paddle"].digests[2] = "0" * 64
    assert "NOT given the same batches" in text(found)


def test_a_panel_that_is_missing_is_a_row(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, out = shared.experiment(tmp_path / "data", ("paddle", "torch")), tmp_path / "out"
    begin = Panel.begin

    def missing(panel: Panel, start: Any) -> dict[str, str]:
        if panel.name == "paddle":
            raise WorkerError(Outcome("paddle", NOT_INSTALLED, "import", "no module paddle"))
        return begin(panel, start)

    monkeypatch.setattr(Panel, "begin", missing)
    found = _run(made.until(None, 3), out, workers)
    assert not found.complete and show(out) == 1
    assert reasons(_read(out)) == ["Paddle: not installed at stage import: no module paddle"]
    assert _read(out).panels["torch"].steps == 3
    assert "not installed" in (out / "README.md").read_text()


@pytest.mark.complete
def test_a_panel_that_hangs_is_a_row(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its second turn; the other trains to the end."""
    hangs = "def train_step(*given):\n    if HELD.pop():\n        time.sleep(600)\n"
    text = f"import time\nHELD = [True, False]\nSTEP = train_step\n{hangs}    return STEP(*given)\n"

    def planted(network: Any, name: str, **how: Any) -> Any:
        source = emit(network, name, **how)
        return replace(source, text=source.text + (text if name == "paddle" else ""))

    monkeypatch.setattr("frontends.training.panel.emit", planted)
    made = shared.experiment(tmp_path / "data", ("paddle", "torch"), timeout=8.0)
    found = _run(made.until(None, 4), tmp_path / "out", workers)
    assert not found.complete and show(tmp_path / "out") == 1
    read = _read(tmp_path / "out")
    (reason,) = reasons(read)
    assert reason.startswith("Paddle: timed out at stage") and "no answer within 8 s" in reason
    assert (read.panels["paddle"].steps, read.panels["torch"].steps) == (1, 4)


def test_a_panel_that_diverges_is_a_row(tmp_path: Path, workers: Workers) -> None:
    wild = replace(shared.MOMENTUM, learning_rate=1e30)
    made, out = shared.experiment(tmp_path / "data", ["torch"], wild), tmp_path / "out"
    assert not _run(made, out, workers).complete
    assert "diverged at stage step" in reasons(_read(out))[0] and show(out) == 1


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


@rows("fault", {"cut": _cut, "emptied": _emptied, "gone": _gone})
def test_a_broken_checkpoint_is_refused(fault: Any, tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 2), out, workers)
    path = _last(out, "torch")
    fault(path)
    with pytest.raises(TriptychError, match=r"last\.safetensors") as caught:
        checkpoint_of(path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 2), out, workers)
    other = shared.experiment(tmp_path / "data", ["torch"], ADAM)
    with pytest.raises(TriptychError, match=r"trained by SGD with momentum 0\.9"):
        _run(other, tmp_path / "other", workers, source=_last(out, "torch"))
    network = small.se_resnext().with_arguments(num_classes=9)
    data = shared.write_data(tmp_path / "data", classes=9)
    changed = Experiment(network, made.recipe, str(data), ("torch",))
    with pytest.raises(TriptychError, match="as another specification than that of"):
        _run(changed, tmp_path / "changed", workers, source=_last(out, "torch"))


def test_a_folder_is_not_trained_in_twice(tmp_path: Path, workers: Workers) -> None:
    made, out = shared.experiment(tmp_path / "data", ["torch"]), tmp_path / "out"
    _run(made.until(None, 1), out, workers)
    with pytest.raises(TriptychError, match="--resume goes on with it"):
        Run(made, out)


def test_labels_are_those_of_the_network(tmp_path: Path) -> None:
    data = shared.write_data(tmp_path, classes=11)
    with pytest.raises(TriptychError, match="label 10 of image 10; expected 0 to 9"):
        Experiment(small.se_resnext(), shared.MOMENTUM, str(data), ("torch",))
