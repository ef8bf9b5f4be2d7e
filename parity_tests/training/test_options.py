"""The command line of `triptych train`: what does not go together is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import TriptychError
from common.serialize import to_json
from frontends.training.history import SETTINGS
from frontends.workers.gpu import check_device
from parity_tests.cases import small
from parity_tests.rows import rows
from parity_tests.training import shared
from reports.train import begun, command, main, parse

PROG = "triptych train"
WRONG = {
    "no network": (["--data", "mnist"], "which network?"),
    "no data": (["se_resnext_mnist"], "--data: on what?"),
    "unknown data": (["se_resnext_mnist", "--data", "nist"], "unknown data set 'nist'"),
    "unknown recipe": (
        ["se_resnext_mnist", "--data", "mnist", "--recipe", "fast"], "unknown recipe 'fast'",
    ),
    "unknown framework": (
        ["se_resnext_mnist", "--data", "mnist", "--framework", "jax"], "unknown framework 'jax'",
    ),
    "no framework": (
        ["se_resnext_mnist", "--data", "mnist", "--framework", ""], "unknown framework ''",
    ),
    "epochs": (["se_resnext_mnist", "--data", "mnist", "--epochs", "0"], "1 to 1,000,000"),
    "resume with data": (["--resume", "x", "--data", "mnist"], "no --data with it"),
    "resume with a network": (["--resume", "x", "resnet18"], "no NETWORK with it"),
    "from with a network": (["resnet18", "--from", "x", "--data", "mnist"], "no NETWORK, --set"),
    "cross and more": (["--cross-evaluate", "x", "--data", "mnist"], "no --data with it"),
    "cross nothing": (["--cross-evaluate", "nowhere"], f"holds no {SETTINGS}"),
    "from nothing": (["--from", "x.safetensors", "--data", "mnist"], "no such file"),
    "resume nothing": (["--resume", "nowhere"], f"holds no {SETTINGS}"),
    "loss": (
        ["resnet50_fluid", "--data", "mnist", "--recipe", "rir"], "ends in a softmax",
    ),
}  # fmt: skip


@rows("case", WRONG)
def test_wrong_usage_is_one_line(
    case: tuple[list[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, said = case
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TriptychError) as caught:
        main(arguments, PROG)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_panels_without_a_gpu_are_named_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontends.workers.gpu.sees_gpu", lambda name: name == "torch")
    data, out = shared.write_data(tmp_path), tmp_path / "out"
    (tmp_path / "net.json").write_text(to_json(small.se_resnext()))
    options = [str(tmp_path / "net.json"), "--data", str(data), "--device", "gpu", "--legacy"]
    with pytest.raises(TriptychError) as caught:
        begun(parse([*options, "--out", str(out)], PROG))
    said = (
        "tensorflow, paddle, fluid, tensorflow1 see no GPU here; --framework torch has the others"
    )
    assert str(caught.value) == f"--device gpu: {said}" and not list(out.iterdir())
    check_device("gpu", ["torch"])


def test_the_shape_of_the_images_is_the_networks(tmp_path: Path) -> None:
    data = shared.write_data(tmp_path)
    with pytest.raises(TriptychError, match=r"images of shape \(3, 16, 16\)"):
        begun(parse(["se_resnext_mnist", "--data", str(data), "--out", str(tmp_path / "o")], PROG))


def test_an_empty_folder_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = shared.write_data(tmp_path)
    (tmp_path / "net.json").write_text(to_json(small.se_resnext()))
    with pytest.raises(TriptychError, match="--out is empty"):
        begun(parse(["net.json", "--data", str(data), "--out", ""], PROG))


def test_help_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], PROG)
    said = capsys.readouterr().out
    for word in ("--resume", "--from", "exit codes", "records.jsonl", "130", "se_resnext_article"):
        assert word in said


def test_the_command_says_no_folder() -> None:
    options = parse(
        ["se_resnext_mnist", "--data", "/a/b/mnist", "--out", "/c", "--legacy", "--epochs", "1"],
        PROG,
    )
    assert command(options) == "triptych train se_resnext_mnist --data mnist --legacy --epochs 1"
