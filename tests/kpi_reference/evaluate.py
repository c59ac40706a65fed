"""Ask the libraries of this environment for their values; print them as JSON.

`python -m tests.kpi_reference.evaluate MODULE...`, run by the environment's own interpreter.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import warnings
from datetime import date
from importlib.metadata import version
from typing import Any

from tests.kpi_reference import accounts, prices
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference


def evaluated(modules: list[str]) -> dict[str, Any]:
    """Return the values of these modules' references, for every account, and the versions used."""
    cases = [Case(accounts.made(name)) for name in accounts.SHAPES]
    cases += [Case(prices.traded(name)) for name in prices.NAMES]
    rows, versions = [], {}
    for name in modules:
        module = importlib.import_module(f"tests.kpi_reference.libraries.{name}")
        for reference in module.REFERENCES:
            library, function = _named(module.LIBRARY, reference.function)
            versions[library] = version(library)
            values = {c.account.name: _value(reference, c) for c in cases if reference.known(c)}
            row = {"kpi": reference.kpi, "library": library, "function": function}
            rows.append(
                row | ({"cause": reference.cause} if reference.cause else {}) | {"values": values}
            )
    digests = {case.account.name: case.account.digest() for case in cases}
    return {"rows": rows, "versions": versions, "accounts": digests}


def _named(library: str, function: str) -> tuple[str, str]:
    if library:
        return library, function
    first = function.replace(".", " ").split()[0]
    return first, function.removeprefix(first).lstrip(". ")


def _value(reference: Reference, case: Case) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # divisions by zero are what some answers are made of
        try:
            value = reference.value(case)
        except Exception as error:
            raise RuntimeError(
                f"{reference.kpi} of {case.account.name}: {reference.function}"
            ) from error
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    number = float(value)
    return number if math.isfinite(number) else None


if __name__ == "__main__":
    json.dump(evaluated(sys.argv[1:]), sys.stdout)
