"""Records of schema 2, of November 2026: one process a case, one batch and one precision a run."""

from __future__ import annotations

from typing import Any

SCHEMA = 2


def completed(record: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    """Return a record of schema 2 as one of today. header: the `run` record of its file."""
    if record.get("kind") == "run":
        if "dtype" not in record or "batch" not in record:
            return record  # refused by name
        cases = record.get("cases")
        said = [_case(each, record) for each in cases] if isinstance(cases, list) else cases
        precisions = {str(record["dtype"]): str(record["dtype"])}
        return {**record, "cases": said, "processes": 1, "precisions": precisions, "variants": {}}
    found = {**record, "process": 0} if "case" in record else record
    if record.get("kind") == "round":
        found["round"] = 0  # numbered as they are read
    return {**found, "case": _case(found["case"], header)} if "case" in found else found


def _case(case: Any, header: dict[str, Any]) -> Any:
    """Return a case of three words as one of today, anything else as it is."""
    if not isinstance(case, list) or len(case) != 3:
        return case
    return [*case, header["dtype"], header["batch"], ""]
