"""The part of the graph that is the medical record."""

import strawberry

from shared.graph.schema import Schema
from subgraphs.records.schema import access, clinical, disclosures, documents, encounters, streams
from subgraphs.records.types.stubs import Patient


@strawberry.type
class Query(access.AccessQuery, disclosures.DisclosuresQuery, documents.DocumentQuery, encounters.EncounterQuery):
    """All that can be asked."""


@strawberry.type
class Mutation(
    access.AccessMutation,
    encounters.EncounterMutation,
    encounters.NoteMutation,
    clinical.ClinicalMutation,
    documents.DocumentMutation,
):
    """All that can be done."""


@strawberry.type
class Subscription(streams.StreamsSubscription):
    """All that is told as it happens."""


schema = Schema(query=Query, mutation=Mutation, subscription=Subscription, types=[Patient])
