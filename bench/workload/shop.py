"""The shop that is asked: its objects, and what a query over all of it has to answer.

Few objects, met again and again: that makes the answer large, and what routers do about repetition visible.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import build_schema, graphql_sync

from router.composition import SubgraphSdl, compose

FOLDER = Path(__file__).parent
SUBGRAPHS = ("accounts", "products", "inventory", "reviews")

_SENTENCES = (
    "It was packed with care and came two days before I looked for it.",
    "The handle sits well in a small hand, which cannot be said of the one that I had before.",
    "After a wet winter in the shed there is no rust on it, and the edge is as it was.",
    "My neighbour has borrowed it twice and asks where to buy one.",
    "The manual is thin; the drawing on the lid says all that one needs.",
    "It costs more than the others, and I would pay it again.",
    "One screw was missing, and a letter with two of them came within the week.",
    "I would have liked it in green.",
)
_REVIEWED = (1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4)
"""Of which product each review is."""


@dataclass(frozen=True)
class Product:
    sku: str
    title: str
    cents: int | None
    grams: int | None

    __typename = "Product"

    def available(self, _info: Any) -> bool:
        return int(self.sku) % 3 != 0

    def postage(self, _info: Any) -> int | None:
        if self.cents is None or self.grams is None:
            return None
        return 0 if self.cents > 50_000 else 300 + self.grams // 10

    def reviews(self, _info: Any) -> list["Review"]:
        return [review for review in REVIEWS if review.sku == self.sku]


@dataclass(frozen=True)
class Member:
    id: str
    handle: str
    fullName: str  # noqa: N815 - the field's name
    memberSince: int  # noqa: N815 - the field's name

    __typename = "Member"

    def pinned(self, _info: Any) -> list["Review"]:
        return REVIEWS[:2]


@dataclass(frozen=True)
class Review:
    id: str
    text: str
    sku: str

    __typename = "Review"

    def product(self, _info: Any) -> Product:
        return PRODUCTS[self.sku]

    def author(self, _info: Any) -> Member:
        return MEMBERS["1"]


MEMBERS = {
    str(number): Member(str(number), handle, full_name, 2019 + number)
    for number, (handle, full_name) in enumerate(
        (
            ("garden.door", "Member One of Six"),
            ("left.glove", "Member Two of Six"),
            ("tin.roof", "Member Three of Six"),
            ("slow.clock", "Member Four of Six"),
            ("blue.kettle", "Member Five of Six"),
            ("north.gate", "Member Six of Six"),
        ),
        1,
    )
}
PRODUCTS = {
    str(number): Product(str(number), *row)
    for number, row in enumerate(
        (
            ("Pruning saw", 2_450, 310),
            ("Wheelbarrow", 8_900, 14_200),
            ("Watering can", 1_990, 850),
            ("Compost bin", 64_900, 9_500),
            ("Seed tray", 450, 120),
            ("Greenhouse", 129_000, 88_000),
        ),
        1,
    )
}
REVIEWS = [
    Review(str(number), " ".join(_SENTENCES[(number + step) % len(_SENTENCES)] for step in range(5)), str(product))
    for number, product in enumerate(_REVIEWED, 1)
]
ROOT: dict[str, Any] = {
    "members": list(MEMBERS.values()),
    "bestSellers": lambda _info, first: list(PRODUCTS.values())[:first],
}


def sdl(name: str, *, guarded: bool = False) -> str:
    """A subgraph's schema; of accounts also the one with rules on its fields."""
    return FOLDER.joinpath(
        f"{name}.guarded.graphql" if guarded and name == "accounts" else f"{name}.graphql"
    ).read_text()


def supergraph(address: str, *, guarded: bool = False) -> tuple[str, str]:
    """The supergraph and its API schema, with every subgraph below `address`."""
    composed = compose([SubgraphSdl(name, f"{address}/{name}", sdl(name, guarded=guarded)) for name in SUBGRAPHS])
    assert composed.supergraph_sdl is not None and composed.api_schema_sdl is not None, composed.errors
    return composed.supergraph_sdl, composed.api_schema_sdl


def operation(name: str) -> str:
    """The text of `heavy` or `small`."""
    return (FOLDER / f"{name}.graphql").read_text()


def expected(name: str) -> dict[str, Any]:
    """The data that an operation has to answer: the whole shop asked as one schema, with no router between."""
    _, api = supergraph("http://shop.example")
    result = graphql_sync(build_schema(api), operation(name), ROOT)
    assert result.data is not None and not result.errors, result.errors
    return result.data
