"""The commands: exit codes, one line for a mistake, and nothing half-written."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from common import machine
from common.differences import structural_differences
from common.errors import ending
from common.networks import __main__ as networks
from common.ops import ChannelPad, Conv2d
from common.recipes.named import RECIPES
from common.recipes.serialize import to_json as recipe_json
from common.serialize import to_json
from frontends import convert, doctor, emit, environments, verify
from frontends.frameworks import FRAMEWORKS
from frontends.ladder.report import Report, Row
from frontends.loading import load_each
from frontends.workers import environments as panels
from frontends.writing.draft import LINE_LENGTH
from frontends.writing.emit import emit as write
from parity_tests.cases import small
from parity_tests.rows import rows

GOOD = to_json(small.vectors())
MISMATCHED = json.dumps(
    {
        "name": "apart",
        "input_shape": [3, 8, 8],
        "root": "apart",
        "blocks": {
            "apart": {
                "layers": {
                    "narrow": {"op": "conv2d", "out_channels": 4, "kernel_size": 1},
                    "join": {"op": "add"},
                },
                "wiring": ["y = narrow(x)", "x = join(x, y)"],
            }
        },
    }
)


def _one(name: str, shape: list[int], layer: dict[str, Any]) -> dict[str, Any]:
    """Return a network of one layer as JSON data."""
    blocks = {name: {"layers": {"only": layer}}}
    return {"name": name, "input_shape": shape, "root": name, "blocks": blocks}


FILES = {
    "good.json": GOOD,
    "truncated.json": GOOD[: len(GOOD) // 2],
    "apart.json": MISMATCHED,
    "empty.json": "",
    "taken": "a file, where a folder is to be made",
    "raises.py": "def network():\n    raise RuntimeError('two\\nlines')\n",
    "wide.json": json.dumps(_one("wide", [3], {"op": "dense", "out_features": 10**12})),
    "far.json": json.dumps(_one("far", [3, 10**11, 10**11], {"op": "relu"})),
    "misspelt.json": GOOD.replace('"relu": {"op": "relu"}', '"pad": {"op": "channel_padd"}'),
}
PROG = "triptych command"
Run = Callable[..., tuple[Any, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with FILES; return its exit code and what it printed.

    Every command is called under the name `triptych …`.
    """
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def command(module: ModuleType, arguments: str) -> tuple[Any, str, str]:
        code = ending(lambda: module.main(arguments.split(), PROG), PROG)
        return code, *capsys.readouterr()

    return command


MISTAKES = {
    "network": (verify, "resnet51", "unknown network 'resnet51'; available: se_resnext_cifar, "),
    "network to write": (emit, "resnet51 --dialect torch", "unknown network 'resnet51'; available"),
    "framework": (
        verify,
        "good.json --framework torch,jax",
        "jax'; available: all, tensorflow, paddle, torch",
    ),
    "no framework": (verify, "good.json --framework ,", "unknown framework ','; available: all"),
    "dialect": (
        emit,
        "good.json --dialect torch,jax --out out",
        "unknown dialect 'jax'; available: tensorflow, paddle, torch",
    ),
    "dialect of another name": (
        emit,
        "good.json --dialect pytorch",
        "unknown dialect 'pytorch' (did you mean torch?); available: tensorflow, ",
    ),
    "Keras": (emit, "good.json --dialect Keras", "'Keras' (did you mean tensorflow?); available"),
    "framework of another name": (
        verify,
        "good.json --framework tf1,torch",
        "unknown framework 'tf1' (did you mean tensorflow1?); available: all, ",
    ),
    "format of another name": (
        convert,
        "a.pt b --network resnet18 --format PaddlePaddle",
        "unknown format 'PaddlePaddle' (did you mean paddle?); available: ",
    ),
    "dialects without a folder": (
        emit,
        "good.json --dialect torch,paddle",
        "2 dialects need --out DIR",
    ),
    "shapes": (verify, "apart.json", "apart.json: step join: add takes two or more inputs of one"),
    "shapes to write": (emit, "apart.json --dialect torch --out out", "apart.json: step join: add"),
    "setting": (
        emit,
        "resnet18 --dialect torch --set widht=3",
        "--set widht=3: no such argument; resnet18 has: num_classes=1000, ",
    ),
    "setting that does not fit": (
        verify,
        "resnet18 --set num_blocks=(1,1)",
        "--set num_blocks=(1, 1): step resnet: num_blocks is (1, 1), expected 4 values",
    ),
    "setting of no value": (emit, "resnet18 --dialect torch --set width", "no such argument; res"),
    "truncated": (verify, "truncated.json", "truncated.json: line"),
    "truncated to write": (
        emit,
        "truncated.json --dialect torch --out out",
        "truncated.json: line",
    ),
    "empty": (
        verify,
        "empty.json",
        "empty.json: cannot be read: expected a file of 1 to 4,000,000 bytes",
    ),
    "absent file": (verify, "absent.json", "absent.json: cannot be read"),
    "absent module": (verify, "absent.py:network", "absent.py: cannot be read"),
    "no function": (verify, "raises.py", "which function? expected FILE.py:function"),
    "other function": (verify, "raises.py:other", "raises.py:other: no such function"),
    "function that raises": (verify, "raises.py:network", "RuntimeError: two lines"),
    "op": (verify, "misspelt.json", "unknown op 'channel_padd'; available: "),
    "folder": (
        emit,
        "good.json --dialect torch --out taken/out",
        "--out taken/out: cannot be written to",
    ),
    "folder that is a file": (
        emit,
        "good.json --dialect torch --out taken",
        "--out taken: cannot be written to",
    ),
    "report": (verify, "good.json --json taken/report.json", "--json taken: cannot be written to"),
    "report that is a folder": (verify, "good.json --json .", "--json .: expected a file to write"),
    "empty folder": (emit, "good.json --dialect torch --out=", "--out is empty: expected a folder"),
    "option": (verify, "good.json --bath-size 3", "unrecognized arguments: --bath-size 3 (--help"),
    "option cut short": (verify, "good.json --time 3", "unrecognized arguments: --time 3 (--help"),
    "no network": (verify, "", "which network? a network's name, FILE.json, or FILE.py:function"),
    "names alone": (verify, "good.json --names n.json", "--dialect and --names are of --mine"),
    "dialect alone": (verify, "good.json --dialect torch", "--dialect and --names are of --mine"),
    "mine of two": (
        verify,
        "good.json --mine raises.py:network --dialect torch --against good.json",
        "--mine is verified against one network",
    ),
    "mine of none": (
        verify,
        "--mine raises.py:network --dialect torch",
        "--mine is verified against one network",
    ),
    "mine without dialect": (
        verify,
        "good.json --mine raises.py:network",
        "--mine needs --dialect",
    ),
    "mine in no dialect": (
        verify,
        "good.json --mine raises.py:network --dialect jax",
        "unknown dialect 'jax'",
    ),
    "mine in panels": (
        verify,
        "good.json --mine raises.py:network --dialect torch --framework torch,paddle",
        "--mine runs in its --dialect",
    ),
    "mine in old panels": (
        verify,
        "good.json --mine raises.py:network --dialect torch --legacy",
        "--mine runs in its --dialect",
    ),
    "legacy with a list": (
        verify,
        "good.json --framework torch,paddle --legacy",
        "--legacy adds panels to all",
    ),
    "one panel": (verify, "good.json --framework torch", "--framework torch: one panel proves"),
    "one panel twice": (verify, "good.json --framework torch,torch", "one panel proves nothing"),
    "all and a dialect": (emit, "good.json --dialect all,torch --out out", "unknown dialect 'all'"),
    "unwritten over": (
        convert,
        "./good.json good.json --network resnet18 --format torch",
        "good.json: would be written over what is read",
    ),
    "format": (
        convert,
        "a b --format timm",
        "unknown format 'timm'; available: safetensors, torch",
    ),
    "no ending": (convert, "a b", "b: which format? one of .safetensors, .pt, .pth, .pdparams"),
    "nothing to write": (convert, "a", "expected FROM and TO, or FROM and --list"),
    "a list of what is written": (convert, "a b.pt --list", "expected FROM and TO, or FROM and"),
    "a list's names": (convert, "a --list --names torch", "--list takes no --format, --names or"),
    "settings of nothing": (convert, "a b.pt --set width=8", "--set without --network"),
    "panel": (environments, "create jax", "unknown panel 'jax'; available: fluid, tensorflow1"),
    "no verb": (environments, "", "the following arguments are required: COMMAND"),
    "two forms": (networks, "show good.json --json --mermaid", "not allowed with argument --json"),
    "network to show": (networks, "show resnet51", "unknown network 'resnet51'"),
    "empty options": (verify, "good.json --json=", "--json is empty: leave it out, or give it a"),
    "empty list": (verify, "good.json --framework=", "--framework is empty"),
    "empty other": (verify, "good.json --against=", "--against is empty"),
    "empty mine": (verify, "good.json --mine= --dialect torch", "--mine is empty"),
    "empty names": (verify, "good.json --names=", "--names is empty"),
    "parameters": (verify, "wide.json", "wide with --batch-size 2 takes "),
    "parameters to write": (emit, "wide.json --dialect torch --verified", "wide with --batch-size"),
    "shapes to verify": (verify, "far.json", "far with --batch-size 2 takes "),
    "patience": (doctor, "--timeout never", "--timeout: never: expected seconds, more than 0"),
    "memory": (
        verify,
        "good.json --batch-size 1000000000",
        "vectors with --batch-size 1000000000 takes ",
    ),
}
NUMBERS = {
    "--timeout": ("-1", "0", "nan", "inf", "1e12", "soon"),
    "--seed": ("-1", "0.5", "1e3", "99999999999999999999", "one"),
    "--batch-size": ("-1", "0", "2.0", "99999999999999999999", "two"),
}
NUMBER_ROWS = {
    f"{option} {value}": (option, value) for option in NUMBERS for value in NUMBERS[option]
}


@rows("module, arguments, message", MISTAKES)
def test_a_mistake_is_one_line(
    module: ModuleType, arguments: str, message: str, run: Run, tmp_path: Path
) -> None:
    code, out, err = run(module, arguments)
    assert code == 2 and not out
    assert len(err.splitlines()) == 1 and message in err, err
    assert err.startswith(f"{PROG}: ")
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_no_room_for_temporary_files_is_told_before_anything_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "temporary", lambda: (Path("/full"), 1000))
    code, out, err = run(verify, "good.json")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert "of temporary files; /full has 1.0 KiB; TMPDIR names another" in err


@rows("option, value", NUMBER_ROWS)
def test_a_number_out_of_range_is_one_line(option: str, value: str, run: Run) -> None:
    code, out, err = run(verify, f"good.json {option}={value}")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert f"{PROG}: argument {option}: {value}: expected " in err, err


GIVEN = {
    "panels": ("good.json", "verify", {"batch": 2, "seed": 0, "timeout": 600, "recipe": None}),
    "numbers": (
        "good.json --batch-size 3 --seed 4 --timeout 5",
        "verify",
        {"batch": 3, "seed": 4, "timeout": 5.0, "recipe": None},
    ),
    "a recipe": (
        "good.json --recipe rir",
        "verify",
        {"batch": 2, "seed": 0, "timeout": 600, "recipe": RECIPES["rir"]},
    ),
    "against": (
        "good.json --against good.json --framework torch --timeout 5 --seed 4",
        "verify_against",
        {"batch": 2, "seed": 4, "timeout": 5.0},
    ),
    "mine": (
        "--against good.json --mine raises.py:network --dialect fluid --names n.json --timeout 5",
        "verify_mine",
        {"batch": 2, "seed": 0, "timeout": 5.0, "names_file": "n.json"},
    ),
    "mine against a positional": (
        "good.json --mine raises.py:network --dialect fluid",
        "verify_mine",
        {"batch": 2, "seed": 0, "timeout": 600, "names_file": None},
    ),
}


@rows("arguments, function, named", GIVEN)
@pytest.mark.parametrize("passes", [True, False])
def test_every_option_does_what_it_says(
    arguments: str,
    function: str,
    named: dict[str, Any],
    passes: bool,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Options reach the ladder; its report is printed whole and written as JSON in every form."""
    rows_of = [Row("forward", ("a", "b"), "agrees" if passes else "mismatched", math.nan)] * 3
    report = Report("made up", 2, ["a", "b"], rows_of)
    taken: dict[str, Any] = {}

    def fake(*given: object, **named: object) -> Any:
        taken.update(named)
        found = structural_differences(small.vectors(), small.vectors())
        return (report, found) if function == "verify_against" else report

    monkeypatch.setattr(verify, function, fake)
    code, out, _ = run(verify, f"{arguments} --every-row --json new/report.json")
    assert taken == named
    assert code == (0 if passes else 1)
    assert out.startswith(report.text(every_row=True))
    record = json.loads(Path("new/report.json").read_text(), parse_constant=pytest.fail)
    assert record["passed"] is passes and len(record["rows"]) == 3
    assert ("structural_differences" in record) == (function == "verify_against")


HISTORICAL_FORMS = ("--legacy", "--historical", "--framework all --legacy")


@pytest.mark.parametrize("form", HISTORICAL_FORMS)
def test_the_historical_panels_are_asked_for(form: str) -> None:
    assert verify.parse(["good.json", *form.split()], PROG).frameworks == list(FRAMEWORKS)


def test_the_list_of_environments_stands_whatever_is_wrong(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_access(framework: str) -> None:
        raise PermissionError(13, "Permission denied", f"/cache/{framework}")

    monkeypatch.setattr(panels, "flaw", no_access)
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", "/nowhere/python")
    monkeypatch.setenv("TRIPTYCH_PADDLE_PYTHON", sys.executable)
    code, out, _ = run(environments, "list")
    lines = {line.split()[0]: line for line in out.splitlines()[2:]}
    assert code == 0 and set(lines) == set(FRAMEWORKS)
    assert "Permission denied: '/cache/fluid'" in lines["fluid"]
    assert "is /nowhere/python: there is no such interpreter" in lines["torch"]
    assert lines["paddle"].endswith(" TRIPTYCH_PADDLE_PYTHON")
    assert "installed" in lines["tensorflow"]


def test_written_or_not_at_all(run: Run, tmp_path: Path) -> None:
    """A network that one dialect cannot write is written in none."""
    network = small.sequence("padded", (3, 6, 6), pad=Conv2d(4, 1), widen=ChannelPad(1, 1))
    (tmp_path / "padded.json").write_text(to_json(network))
    code, out, err = run(emit, "padded.json --dialect torch,tensorflow --out out")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert run(emit, "padded.json --dialect torch,paddle --out out")[0] == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_nothing_is_left_where_a_file_cannot_go(run: Run, tmp_path: Path) -> None:
    blocked = tmp_path / "out" / "vectors_torch.py"
    blocked.mkdir(parents=True)
    code, _, err = run(emit, "good.json --dialect torch --out out")
    assert code == 2 and "vectors_torch.py: cannot be written" in err
    assert list(blocked.parent.iterdir()) == [blocked]


def test_a_written_file_replaces_the_last(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        code, out, _ = run(emit, "good.json --dialect torch --out out")
        assert code == 0 and out == "out/vectors_torch.py\n"
    code, out, _ = run(emit, "good.json --dialect torch")
    assert code == 0 and out == (tmp_path / "out" / "vectors_torch.py").read_text()


def test_a_network_with_other_arguments_says_so(run: Run) -> None:
    code, out, err = run(emit, "resnet18 --dialect torch --set width=8")
    assert code == 0 and "width=8" in out and '"""ResNet-18, width=8 in PyTorch.' in out
    assert "written, not loaded: --load does that" in err


def test_a_program_that_trains_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(recipe_json(RECIPES["rir"]))
    for recipe in ("rir", "mine.json"):
        code, out, _ = run(emit, f"rir18 --dialect all --with-training {recipe} --out {recipe}.out")
        assert code == 0 and out.splitlines()[0] == f"{recipe}.out/train_rir18_tensorflow.py"
    texts = [
        [each.read_text() for each in sorted(folder.iterdir())]
        for folder in (tmp_path / "rir.out", tmp_path / "mine.json.out")
    ]
    assert texts[0] == texts[1] and len(texts[0]) == 5
    assert all("label smoothing 0.1." in " ".join(text.split()) for text in texts[0])


TRAINING_MISTAKES = {
    "unknown": ("adam", "unknown recipe 'adam'"),
    "no file": ("none.json", "none.json: cannot be read"),
    "another loss": (
        "transfer_all",
        "vectors gives logits, and the loss of the recipe is on probabilities",
    ),
}


@rows("recipe, said", TRAINING_MISTAKES)
@pytest.mark.parametrize("command", [emit, verify])
def test_a_recipe_that_is_none_is_one_line(
    command: ModuleType, recipe: str, said: str, run: Run, tmp_path: Path
) -> None:
    how = f"--dialect torch --with-training {recipe}" if command is emit else f"--recipe {recipe}"
    code, out, err = run(command, f"good.json {how}")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert said in err


def test_what_is_written_is_loaded_on_demand(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, out, err = run(emit, "good.json --dialect torch --load")
    assert code == 0 and "import torch" in out and err == "torch: loaded, 3 parameters\n"
    network = small.vectors()
    broken = replace(write(network, "torch"), text="import torch\n\nraise RuntimeError('planted')")
    lines, good = load_each(network, {"torch": broken})
    assert not good and lines == ["torch: does not load: RuntimeError: planted"]
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", "/nowhere/python")
    code, _, err = run(emit, "good.json --dialect torch --load")
    assert code == 0 and "torch: not loaded, as it is not installed: " in err


def test_not_proved_is_exit_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_PADDLE_PYTHON", "/nowhere/python")
    code, out, _ = run(verify, "good.json --framework torch,paddle --json report.json")
    assert code == 1
    assert "NOT proved the same" in out and "paddle: not installed" in out
    record = json.loads(Path("report.json").read_text())
    assert not record["passed"]
    assert [row["outcome"] for row in record["rows"] if row["panels"] == ["paddle"]] == [
        "not installed"
    ]


@pytest.mark.complete
def test_a_file_says_what_proved_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """All panels of today have a part in it, and the code is that of the plain file."""
    plain = run(emit, "good.json --dialect paddle")[1]
    code, out, _ = run(emit, "good.json --dialect paddle --verified")
    header, body = out.split('\n"""\n', 1)
    assert code == 0 and body == plain.split('\n"""\n', 1)[1]
    assert "Proved the same network in tensorflow 2." in header and "in float64." in header
    assert all(each in header for each in ("paddle 3.", "torch 2.")) and "nan" not in header
    assert max(map(len, header.splitlines())) <= LINE_LENGTH
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", "/nowhere/python")
    code, out, err = run(emit, "good.json --dialect paddle --verified --out out")
    assert code == 1 and not out and "torch: not installed" in err
    assert not Path("out").exists()
