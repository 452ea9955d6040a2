"""The part of the graph that is laboratory."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.laboratory.schema import catalogue, inbound, orders, quality, results


@strawberry.type
class Query(
    catalogue.CatalogueQuery, orders.OrderQuery, results.ResultQuery, inbound.InboundQuery, quality.QualityQuery
):
    """All that can be asked."""


@strawberry.type
class Mutation(
    catalogue.CatalogueMutation,
    orders.OrderMutation,
    orders.SpecimenMutation,
    results.ResultMutation,
    results.CriticalMutation,
    inbound.InboundMutation,
    quality.QualityMutation,
):
    """All that can be done."""


@strawberry.type
class Subscription(results.ResultSubscription):
    """All that is told as it happens."""


schema = Schema(query=Query, mutation=Mutation, subscription=Subscription)
