"""The part of the graph that is laboratory."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.laboratory.schema import catalogue


@strawberry.type
class Query(catalogue.CatalogueQuery):
    """All that can be asked."""


@strawberry.type
class Mutation(catalogue.CatalogueMutation):
    """All that can be done."""


schema = Schema(query=Query, mutation=Mutation)
