"""The part of the graph that is the medical record."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.records.schema import access, disclosures


@strawberry.type
class Query(access.AccessQuery, disclosures.DisclosuresQuery):
    """All that can be asked."""


@strawberry.type
class Mutation(access.AccessMutation):
    """All that can be done."""


schema = Schema(query=Query, mutation=Mutation)
