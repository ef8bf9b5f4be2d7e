"""Pages of trainings: what records say is what they show; what is none of them is one line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import TriptychError
from common.records import RecordFile
from parity_tests.reports.recorded import HEADER
from parity_tests.rows import rows
from reports.build import build
from reports.training.curves import figure, image
from reports.training.page import page
from reports.training.records import Training, read_training
from reports.training.tables import parted, text

PANELS = {
    "torch": {"label": "PyTorch", "colour": "#D55E00"},
    "paddle": {"label": "Paddle", "colour": "#0072B2"},
}
OPENING: dict[str, Any] = {
    **{n: HEADER[n] for n in ("started", "commit", "machine", "load_before", "network", "title")},
    **{n: HEADER[n] for n in ("parameters", "macs", "input_shape")},
    "schema": 1, "command": "triptych train tiny --data some", "end": 4, "panels": PANELS,
    "threads": None, "device": "cpu", "specification": "{}", "recipe": "{}",
    "recipe_words": "SGD, learning rate 0.1", "batch": 8, "steps_per_epoch": 2,
    "data": {"name": "some", "train": 12, "test": 10, "classes": 10}, "precision": "float32",
    "seed": 0, "own_initialization": False, "draws": False, "evaluation_batch": 256,
    "rounding": 1e-6, "rounding_words": "a rounding of 2⁻²⁴ in each of 16 steps of the network",
}  # fmt: skip
SAME, OTHER = "a" * 64, "b" * 64


def _losses(panel: str, first: int, losses: list[float | None], digest: str = SAME) -> Any:
    count = len(losses)
    return "losses", {
        "panel": panel, "first": first, "losses": losses, "correct": [4] * count,
        "samples": [8] * count, "rates": [0.1] * count, "digest": digest, "seconds": 0.5,
    }  # fmt: skip


def _validation(panel: str, step: int, accuracy: float) -> Any:
    told = {"panel": panel, "step": step, "loss": 1.5, "accuracy": accuracy}
    return "validation", {**told, "samples": 10, "seconds": 0.1}


def _started(panel: str, step: int = 0) -> Any:
    told = {"panel": panel, "step": step, "source": "", "versions": {panel: "1.0"}, "seconds": 1.0}
    return "started", told


def _outcome(panel: str, outcome: str = "trained", message: str = "") -> Any:
    return "outcome", {"panel": panel, "outcome": outcome, "stage": "", "message": message}


BODY = [
    _started("torch"),
    _started("paddle"),
    _losses("torch", 0, [2.0, 1.5]),
    _losses("paddle", 0, [2.0 + 1e-7, 1.5001]),
    _validation("torch", 2, 0.5),
    _validation("paddle", 2, 0.25),
    ("distance", {"panel": "paddle", "other": "torch", "step": 2, "distance": 1e-3,
                  "furthest": "fc.kernel"}),
    ("checkpoint", {"panel": "torch", "step": 2, "best": True}),
    _outcome("torch"),
    _outcome("paddle"),
]  # fmt: skip
END = ("end", {"state": "complete", "seconds": 3.0, "load_after": 0.2})


def _written(folder: Path, *body: Any, stem: str = "train-20260102-030405-tiny") -> Path:
    records = RecordFile(folder, stem)
    records.put("training", **OPENING)
    for kind, fields in body:
        records.put(kind, **fields)
    records.close()
    return records.path


def _read(folder: Path, *body: Any) -> Training:
    return read_training(_written(folder, *body))


def test_a_page_says_what_was_recorded(tmp_path: Path) -> None:
    found = _read(tmp_path, *BODY, END)
    said = page(found, "curves.png", "records.jsonl")
    (line,) = parted(found)
    assert line.startswith("Paddle: beyond rounding (1.0e-06) from step 2 on; by 0.0001 never")
    assert line.endswith("at the first step 5.0e-08 apart") and line in said
    for each in ("| PyTorch |", "50.00 %", "25.00 %", "1.0e-03", "the same in all panels"):
        assert each in said
    assert "Nothing: the ladder was left out" in said and "interrupted" not in said
    assert "Loading:" not in said


def test_how_batches_came_is_said_where_it_was_recorded(tmp_path: Path) -> None:
    loading = {"samples": 1000, "made": 0.5, "waited": 0.25}
    said = page(_read(tmp_path, *BODY, ("end", END[1] | {"loading": loading})), "a.png", "b.jsonl")
    assert "made 1,000 samples ahead, 2,000 a second; the fastest panel" in said
    assert "All waited 0.2 s for them" in said


def test_what_was_done_again_holds(tmp_path: Path) -> None:
    resumed = {n: OPENING[n] for n in ("started", "command", "panels", "commit", "machine")}
    resumed |= {"load_before": 0.1, "threads": 2, "device": "cpu", "end": 6}
    more = [("resumed", resumed), _started("torch", 1), _losses("torch", 1, [1.25])]
    found = _read(tmp_path, *BODY, *more, END)
    torch = found.panels["torch"]
    assert torch.losses == {1: 2.0, 2: 1.25} and not torch.validations and not torch.trained
    assert found.place["end"] == 6 and "6 steps" in page(found, "a.png", "b.jsonl")


def test_other_batches_are_told(tmp_path: Path) -> None:
    found = _read(tmp_path, _losses("torch", 0, [2.0]), _losses("paddle", 0, [2.0], OTHER), END)
    assert "**not the same in all panels**" in page(found, "a.png", "b.jsonl")
    assert "NOT given the same batches" in text(found)


def test_what_could_not_be_compared_is_told(tmp_path: Path) -> None:
    told = {"panels": ["torch", "paddle"], "passed": True, "worst_float64": 3e-13, "seconds": 9.0}
    rungs = ["training, 20 losses", "training, 20 updates"]
    proof = "proof", {**told, "versions": {}, "uncompared": rungs}
    said = page(_read(tmp_path, proof, *BODY, END), "a.png", "b.jsonl")
    assert "PyTorch, Paddle passed the ladder" in said and "pair 3.0e-13. Not compared, as" in said
    assert "; ".join(rungs) in said


def test_a_panel_that_stopped_is_told(tmp_path: Path) -> None:
    found = _read(tmp_path, _losses("torch", 0, [None]), _outcome("paddle", "crashed", "no word"))
    assert math.isnan(found.panels["torch"].losses[1])
    said = page(found, "a.png", "b.jsonl")
    assert "- Paddle: crashed: no word" in said and "was interrupted" in said


def test_curves_lie_on_one_another(tmp_path: Path) -> None:
    found = _read(tmp_path, *BODY, END)
    loss, accuracy, apart = figure(found).axes
    assert [line.get_label() for line in loss.lines] == ["PyTorch", "Paddle"]
    assert list(loss.lines[0].get_ydata()) == [2.0, 1.5]  # type: ignore[arg-type]
    assert len(accuracy.lines) == 4 and len(apart.lines) == 2
    assert apart.lines[0].get_marker() == "."  # seen where losses on both sides agree
    assert apart.get_xlim() == loss.get_xlim() and all(t % 1 == 0 for t in apart.get_xticks())
    assert image(found, "png").startswith(b"\x89PNG") and b"<svg" in image(found, "svg")


def test_reports_list_trainings(tmp_path: Path) -> None:
    path = _written(tmp_path / "data", *BODY, END)
    (tmp_path / "data" / "train-20260102-030406-torn.jsonl").write_text("[]\n")
    built = build(tmp_path)
    assert f"({path.stem}.md)" in (tmp_path / "README.md").read_text()
    for form in ("md", "png", "svg"):
        assert (tmp_path / f"{path.stem}.{form}").is_file()
    assert len(built.unreadable) == 1 and "torn.jsonl, line 1" in built.unreadable[0]


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, tuple[int, Change, str]] = {
    "schema": (0, lambda each: each.update(schema=2), "expected a training record of schema 1"),
    "no panels": (0, lambda each: each.update(panels={}), "1 to 20 elements"),
    "a panel of none": (1, lambda each: each.update(panel="jax"), "'jax' is no panel"),
    "fewer of one": (3, lambda each: each["correct"].pop(), "expected one of each a step"),
    "no digest": (3, lambda each: each.update(digest="?"), "a SHA-256"),
    "a share": (5, lambda each: each.update(accuracy=1.5), "a number from 0 to 1"),
    "a kind": (5, lambda each: each.update(kind="loss"), "of kind 'loss'"),
    "a field": (7, lambda each: each.pop("distance"), "without distance"),
}


@rows("case", WRONG)
def test_what_is_no_record_is_one_line(case: tuple[int, Change, str], tmp_path: Path) -> None:
    number, change, said = case
    path = _written(tmp_path, *BODY, END)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    change(records[number])
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    with pytest.raises(TriptychError) as caught:
        read_training(path)
    assert str(caught.value).startswith(f"{path.name}, line {number + 1}: ")
    assert said in str(caught.value)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, 1, 1e300, "", "$\\x$ <b>", [], {}, [None], True]
)


@settings(max_examples=60)
@given(st.integers(0, len(BODY)), ODD, st.data())
def test_mutated_records_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, number: int, odd: Any, data: st.DataObject
) -> None:
    path = _written(tmp_path_factory.mktemp("mutated"), *BODY, END)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    name = data.draw(st.sampled_from(sorted(records[number])))
    records[number][name] = odd
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    try:
        found = read_training(path)
    except TriptychError as error:
        assert "\n" not in str(error)
    else:
        assert page(found, "a.png", "b.jsonl") and text(found) and len(figure(found).axes) == 3
