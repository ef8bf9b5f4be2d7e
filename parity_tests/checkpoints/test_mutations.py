"""Broken weights files of every format: none crashes its reader, hangs or is half taken."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from frontends.workers.environments import ROOT
from parity_tests.checkpoints.mutations import FILES
from parity_tests.rows import rows

FEW = ("safetensors", "tensorflow1", "fluid", "fluid-combined")  # written without a framework


def _tried(form: str, count: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "parity_tests.checkpoints.mutations", "--formats", form,
         "--count", str(count)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@rows("form", {form: form for form in FEW})
def test_a_few(form: str) -> None:
    found = _tried(form, 100)
    assert found["read"] + found["refused"] == 100
    assert found["refused"] > 50


@pytest.mark.exhaustive
@rows("form", {form: form for form in FILES})
def test_many(form: str) -> None:
    found = _tried(form, 2000)
    assert found["read"] + found["refused"] == 2000
    assert found["refused"] > 500
