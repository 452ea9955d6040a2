"""Subgraphs that bring all of federation with them compose as if they brought none of it."""

import pytest

from router.composition import Composition
from tests.router.composition.graphs import composed, fed
from tests.router.composition.libraries import LIBRARIES, PRODUCT, printed

PRICES = 'extend type Product @key(fields: "id") { id: ID! @external price: Int }'
OTHERS = {"federation 1": PRICES, "federation 2": fed(PRICES)}


def api(composition: Composition) -> str:
    assert [str(error) for error in composition.errors] == []
    assert composition.api_schema_sdl
    return composition.api_schema_sdl


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_libraries_define_of_federation_changes_nothing(library: str, other: str) -> None:
    assert api(composed(a=printed(library), b=other)) == api(composed(a=fed(PRODUCT), b=other))


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_subgraph_as_a_library_prints_it_composes(library: str) -> None:
    assert api(composed(a=printed(library))) == api(composed(a=fed(PRODUCT)))
