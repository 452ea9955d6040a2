"""Other domains' types, to which the medical record refers by their keys."""

from shared.graph.entities import Stub, stub


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    """Of patients."""


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of the directory."""


@stub(description="An account that a person logs in with.")
class Account(Stub):
    """Of identity."""
