"""A selection of the matrix of architectures, held to what is asked of every one; `make zoo` exports the whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.zoo import CASES, QUICK
from tests.zoo.run import TOLERANCE, Row, run


@pytest.fixture(scope="module", params=QUICK)
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    yield run(CASES[request.param])


def test_numbers_and_measures(row: Row) -> None:
    assert row.problem == ""
    assert row.error <= TOLERANCE
    measures = row.measures
    assert measures is not None
    assert measures.covered == measures.nodes > 0
    assert measures.owned == measures.owning > 0
    assert measures.root == 0
    assert measures.non_convex == ()


def test_the_matrix_is_as_wide_as_it_claims() -> None:
    families = [case.family for case in CASES.values()]
    assert len(CASES) - families.count("plain") >= 50
    assert families.count("plain") >= 15
    assert {"text encoder", "text decoder", "text to text", "mixture of experts"} <= set(families)
    assert {"vision", "audio", "multimodal"} <= set(families)
    assert set(QUICK) <= set(CASES)
    assert sum(case.inputs is not None for case in CASES.values()) <= 3, "inputs are made wherever they can be"
