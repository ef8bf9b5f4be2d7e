"""How many files get a right answer: `python -m parity_tests.files` compares every row of tests.

Right is what the row says: nothing where two files are the same network, else what differs, where.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.arguments import Parser
from common.errors import run_command
from frontends.workers.pool import Workers
from parity_tests.cases import beside, ports, styles
from parity_tests.cases.pairs import Pair, check_pair

RECORD = Path(__file__).parents[1] / "reports" / "data" / "files.jsonl"


def _named(group: str, cases: Mapping[str, Pair]) -> dict[str, Pair]:
    return {f"{group}: {name}": case for name, case in cases.items()}


STYLES = {
    **_named("torch", styles.OF_PYTORCH),
    **_named("keras", styles.OF_KERAS),
    **_named("paddle", styles.OF_PADDLE),
    **_named("fluid", styles.OF_FLUID),
    **_named("tensorflow1", styles.OF_TENSORFLOW_1),
    **_named("beside", beside.CASES),
}
EVERY = {
    **STYLES,
    **_named("port", ports.PORTED),
    **_named("more", ports.MORE),
    **_named("kept", ports.KEPT),
    **_named("script", ports.SCRIPTS),
}


def answer(case: Pair, workers: Workers) -> tuple[bool, str]:
    """Return whether a row gets its right answer, and what was wrong with it."""
    try:
        check_pair(case, workers)
    except Exception as wrong:  # whatever it is, it is no right answer
        return False, f"{type(wrong).__name__}: {wrong}"
    return True, ""


def main() -> int:
    """Compare the rows and record what came of each."""
    parser = Parser(
        prog="python -m parity_tests.files",
        description="Compare the files of the tests and count how many get a right answer.",
        epilog="Exit codes: 0 all do, 1 one does not, 2 wrong usage.",
    )
    parser.add_argument("only", nargs="*", help="rows whose names have one of these in them")
    parser.add_argument("--record", default=str(RECORD), help=f"default {RECORD.name} of reports")
    parser.add_argument("--missing", action="store_true", help="rows that the record has not right")
    options = parser.parse_args()
    path = Path(options.record)
    known: dict[str, dict[str, Any]] = {}
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        known = {each["row"]: each for each in map(json.loads, lines)}
    wanted = [name for name in EVERY if any(each in name for each in options.only or [""])]
    if options.missing:
        wanted = [name for name in wanted if not known.get(name, {}).get("right")]
    right = 0
    with Workers() as workers:
        for name in wanted:
            began = time.monotonic()
            fine, wrong = answer(EVERY[name], workers)
            seconds = round(time.monotonic() - began, 1)
            known[name] = {"row": name, "right": fine, "seconds": seconds}
            right += fine
            print(f"{'right' if fine else 'WRONG'} {seconds:6} {name} {wrong}", flush=True)
            found = [json.dumps(known[each]) for each in EVERY if each in known]
            path.write_text("\n".join(found) + "\n", encoding="utf-8")
    print(f"{right} of {len(wanted)} right")
    return 0 if right == len(wanted) else 1


if __name__ == "__main__":
    run_command(main)
