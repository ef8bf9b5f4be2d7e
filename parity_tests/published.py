"""Hold the published TensorFlow class of SE-ResNeXt against the file that is written of it.

`python -m parity_tests.published SE_ResNeXt_tensorflow.py`: the file of the article's repository
(JohnRabbbit/TF2Fluid, 02_image_classification), which is not part of this project. Both run in
TensorFlow 1.15, in float32, with the same weights: training mode and evaluation, gradients, moving
statistics, step by step, at an even and at an odd size.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.networks import load
from frontends.writing.emit import emit
from parity_tests.alone import alone

NETWORK = "se_resnext_published_tensorflow"
BOUND = 1e-4  # of float32 through forty layers; a mean that keeps its start is 0.9 off
SIZES = (32, 29)


def compare(published: Path, size: int, blocks: int = 3) -> dict[str, float]:
    """Return what was compared -> the largest difference, relative to the largest value."""
    source = emit(load(NETWORK), "tensorflow1")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "written.py"
        written.write_text(source.text, encoding="utf-8")
        command = ["tensorflow1_published.py", str(published.resolve()), str(written)]
        said = alone("tensorflow1", Path(folder), *command, source.entry, str(size), str(blocks))
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def main() -> int:
    """Print what is compared, and how far it is apart; return 1 if anything is beyond the bound."""
    parser = Parser(prog="python -m parity_tests.published", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--blocks", type=int, default=3, help="a stage (default 3, as published)")
    options = parser.parse_args()
    published = options.file
    if not published.is_file():
        raise TriptychError(f"{published}: not a file")
    differs = False
    for size in SIZES:
        for name, apart in compare(published, size, options.blocks).items():
            differs |= not apart <= BOUND
            print(f"{size} x {size}: {name}: {apart:.1e}{'' if apart <= BOUND else ' DIFFERS'}")
    return int(differs)


if __name__ == "__main__":
    run_command(main)
