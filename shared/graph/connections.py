"""Lists that can grow, as Relay connections (GraphQL Cursor Connections Specification), forward only."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Generic, TypeVar

import strawberry
from sqlalchemy import Select

from shared.database.paging import DEFAULT_FIRST, MAXIMUM_FIRST, InvalidCursor, Order, Page, count, fetch_page
from shared.graph.context import Context
from shared.graph.errors import bad_input

Node = TypeVar("Node")
Row = TypeVar("Row")

First = Annotated[int, strawberry.argument(description=f"How many at most, 1 to {MAXIMUM_FIRST}.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before.")]


@strawberry.federation.type(shareable=True, description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor: `after` for the next page.")


@strawberry.type(description="One item of a list and its place in it.")
class Edge(Generic[Node]):
    node: Node = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Its place, for `after`.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The items without their cursors.")
    def nodes(self) -> list[Node]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many items the whole list has; counted only where asked for.")
    async def total_count(self) -> int:
        return await self.count()


def check_first(first: int) -> int:
    """`first` if it is within bounds; else an error that says what is."""
    if not 1 <= first <= MAXIMUM_FIRST:
        raise bad_input(f"`first` is 1 to {MAXIMUM_FIRST}; use `after` for more")
    return first


async def connect(
    context: Context,
    statement: Select[Row],
    order: Order,
    convert: Callable[[Row], Node],
    first: int = DEFAULT_FIRST,
    after: str | None = None,
) -> Connection[Node]:
    """The page of a narrowed statement that the client asks for, in one query."""
    try:
        page = await fetch_page(context.fetch, statement, order, check_first(first), after)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    return connection(page, convert, partial(count, context.fetch, statement))


def connection(
    page: Page[Row], convert: Callable[[Row], Node], total: Callable[[], Awaitable[int]]
) -> Connection[Node]:
    """A page as a connection; `total` counts the whole list."""
    edges = [Edge(node=convert(row), cursor=page.order.cursor(row)) for row in page.rows]
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, count=total)
