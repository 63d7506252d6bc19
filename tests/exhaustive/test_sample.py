"""A sample of `make test-exhaustive`, and that it would notice what it is there to notice."""

import pytest

from tests.exhaustive import verify
from tests.exhaustive.verify import Piece, samples

SAMPLES = [
    pytest.param(piece, id="-".join(map(str, piece[:2])) + "-drawn" * piece.training) for piece in samples()
]


@pytest.mark.parametrize("piece", SAMPLES)
def test_results_are_as_the_catalog_says(piece: Piece) -> None:
    finding = verify.verify(piece)
    assert finding.results > 20
    assert not finding.misrounded
