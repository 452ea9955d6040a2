"""The part of the graph that is laboratory."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.laboratory.schema import catalogue, inbound, orders


@strawberry.type
class Query(catalogue.CatalogueQuery, orders.OrderQuery, inbound.InboundQuery):
    """All that can be asked."""


@strawberry.type
class Mutation(catalogue.CatalogueMutation, orders.OrderMutation, orders.SpecimenMutation, inbound.InboundMutation):
    """All that can be done."""


schema = Schema(query=Query, mutation=Mutation)
