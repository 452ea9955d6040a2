"""Lists that can grow, as Relay connections (GraphQL Cursor Connections Specification), paged from either end."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cache, partial
from typing import Annotated, Any, Generic, NamedTuple, Optional, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import Select
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions import FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from shared.codes import Code
from shared.database.paging import (
    DEFAULT_SIZE,
    MAXIMUM_SIZE,
    InvalidCursor,
    ListOfEach,
    Order,
    Page,
    Slice,
    count,
    count_each,
    fetch_page,
    fetch_pages,
)
from shared.graph.context import Context
from shared.graph.errors import bad_input

Node = TypeVar("Node")
Row = TypeVar("Row")
Found = TypeVar("Found")

_BOUND = f"1 to {MAXIMUM_SIZE}"
_PAGE = {
    "first": (
        int,
        f"How many items at most from the beginning of the list, {_BOUND}; {DEFAULT_SIZE} if there is no `last` either.",
    ),
    "after": (str, "Only items after the one with this cursor: the `endCursor` of a page gives the next one."),
    "last": (
        int,
        f"How many items at most from the end of the list, {_BOUND}, in its order; not together with `first`.",
    ),
    "before": (str, "Only items before the one with this cursor: the `startCursor` of a page gives the previous one."),
}


@strawberry.federation.type(
    shareable=True, description="Where a page stands in its list (GraphQL Cursor Connections Specification)."
)
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether the list goes on after this page; true also where it ended at `before`."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether the list has more before this page; true also where it began at `after`."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first item, `before` for the previous page; null if the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last item, `after` for the next page; null if the page is empty."
    )


@strawberry.type(description="One item of a list with its cursor (GraphQL Cursor Connections Specification).")
class Edge(Generic[Node]):
    node: Node = strawberry.field(description="The item of the list.")
    cursor: str = strawberry.field(description="The cursor of the item, which `after` and `before` take.")


@strawberry.type(description="One page of a list (GraphQL Cursor Connections Specification).")
class Connection(Generic[Node]):
    page: strawberry.Private[Page[Any]]
    convert: strawberry.Private[Callable[[Any], Any]]  # of a row, a node
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The items of the page, each with its cursor.")
    def edges(self) -> list[Edge[Node]]:
        cursor = self.page.order.cursor
        return [Edge(node=self.convert(row), cursor=cursor(row)) for row in self.page.rows]

    @strawberry.field(description="The items of the page, without their cursors.")
    def nodes(self) -> list[Node]:
        return list(map(self.convert, self.page.rows))

    @strawberry.field(description="Where the page stands in its list.")
    def page_info(self) -> PageInfo:
        rows, cursor = self.page.rows, self.page.order.cursor
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursor(rows[0]) if rows else None,
            end_cursor=cursor(rows[-1]) if rows else None,
        )

    @strawberry.field(
        description="How many items the whole list has, not the page alone; counted only where it is asked for."
    )
    async def total_count(self) -> int:
        return await self.count()


class OrderDirection(Code):
    """Which way a list is ordered."""

    ASC = "ASC", "Ascending: from A to Z, from the lowest to the highest, from the earliest to the latest."
    DESC = "DESC", "Descending: from Z to A, from the highest to the lowest, from the latest to the earliest."


Orders: TypeAlias = Mapping[Any, Order]
"""What clients can have a list ordered by (a `Code`), each as it is ascending; the first is the list's own order."""


class Paged(FieldExtension):
    """Gives a field the arguments of a page (section 4.1 of the specification); its function takes them as `page`.

    With orders to choose from, it gives `orderBy` as well, and the function takes the one that is asked for as `order`.
    """

    def __init__(self, orders: Orders | None = None) -> None:
        self._orders = orders

    def apply(self, field: StrawberryField) -> None:
        """Add the arguments."""
        arguments = dict(_PAGE)
        if self._orders:
            own_order: Code = next(iter(self._orders))
            arguments["order_by"] = (
                _order_input(type(own_order)),
                f"What the list is ordered by, and which way; absent: by {own_order}.",
            )
        own = [argument for argument in field.arguments if argument.python_name not in ("page", "order")]
        field.arguments = [*own, *(_argument(name, *told) for name, told in arguments.items())]

    def map_arguments(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a page as one, and the order."""
        page = _slice(**{name: kwargs.pop(name) for name in _PAGE})
        order = {"order": _order(self._orders, kwargs.pop("order_by"))} if self._orders else {}
        return {**kwargs, **order, "page": page}


def _argument(name: str, kind: Any, description: str) -> StrawberryArgument:
    annotation = Annotated[Optional[kind], strawberry.argument(description=description)]  # noqa: UP045 - made at run time
    return StrawberryArgument(name, None, StrawberryAnnotation(annotation), default=None)


@cache
def _order_input(field: type[Code]) -> type:
    """`PatientOrder`, of `PatientOrderField`."""
    namespace = {
        "__annotations__": {"field": field, "direction": OrderDirection},
        "field": strawberry.field(description="What the list is ordered by."),
        "direction": strawberry.field(
            description="Whether the order is ascending or descending.", default=OrderDirection.ASC
        ),
    }
    name = field.__name__.removesuffix("Field")
    return strawberry.input(type(name, (), namespace), description="What a list is ordered by, and which way.")


def _order(orders: Orders, asked: Any) -> Order:
    if asked is None:
        return next(iter(orders.values()))
    order = orders[asked.field]
    return order.reverse if asked.direction == OrderDirection.DESC else order


def _slice(first: int | None, after: str | None, last: int | None, before: str | None) -> Slice:
    """The page that is asked for, if the arguments fit together and are within bounds; else an error that says what is."""
    if first is not None and last is not None:
        raise bad_input("`first` and `last` are two pages, of either end of the list: ask for one of them")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAXIMUM_SIZE:
            raise bad_input(f"`{name}` is {_BOUND}; use a cursor for more")
    size = first if last is None else last
    return Slice(DEFAULT_SIZE if size is None else size, after, before, is_end=last is not None)


class _Asked(NamedTuple):
    """A page of the list of one parent."""

    lists: ListOfEach[Any]
    key: UUID
    order: Order
    page: Slice
    wanted: tuple[Hashable, ...]


async def connect_each(
    context: Context,
    lists: ListOfEach[Row],
    key: UUID,
    order: Order,
    convert: Callable[[Row], Node],
    page: Slice,
    *wanted: Hashable,
) -> Connection[Node]:
    """The page of one parent's list; `wanted` goes to what writes the statement.

    What is asked of many parents at once is read in one query, and counted in one.
    """
    try:
        page.places(order)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    asked = _Asked(lists, key, order, page, wanted)
    return Connection(
        page=await context.load(_pages, asked), convert=convert, count=partial(context.load, _counts, asked)
    )


async def _pages(context: Context, asked: Sequence[_Asked]) -> list[Page[Any]]:
    async def load(lists: ListOfEach[Any], order: Order, page: Slice, wanted: Any, keys: list[UUID]) -> list[Page[Any]]:
        statement = context.written(lists.write, *wanted)
        found = await fetch_pages(context.fetch, statement, order, page, lists.parent, keys)
        return [found[key] for key in keys]

    return await _alike(asked, lambda one: (one.lists, one.order, one.page, one.wanted), load)


async def _counts(context: Context, asked: Sequence[_Asked]) -> list[int]:
    async def load(lists: ListOfEach[Any], wanted: Any, keys: list[UUID]) -> list[int]:
        return await count_each(context.fetch, context.written(lists.write, *wanted), lists.parent, keys)

    return await _alike(asked, lambda one: (one.lists, one.wanted), load)


async def _alike(
    asked: Sequence[_Asked], alike: Callable[[_Asked], tuple[Any, ...]], load: Callable[..., Awaitable[list[Found]]]
) -> list[Found]:
    """What is loaded for all that are alike at once, each in its place."""
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        groups[alike(one)].append(place)
    found: dict[int, Found] = {}
    for group, places in groups.items():
        found |= zip(places, await load(*group, [asked[place].key for place in places]), strict=True)
    return [found[place] for place in range(len(asked))]


async def connect(
    context: Context, statement: Select[Row], order: Order, convert: Callable[[Row], Node], page: Slice
) -> Connection[Node]:
    """The page of a narrowed statement that the client asks for, in one query."""
    try:
        found = await fetch_page(context.fetch, statement, order, page)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    return Connection(page=found, convert=convert, count=partial(count, context.fetch, statement))
