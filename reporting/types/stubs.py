"""Others' types, as figures are grouped by them."""

from shared.graph.entities import Stub, stub


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


@stub(description="A medicinal product that can be prescribed and dispensed.")
class Medication(Stub):
    """Of pharmacy."""


@stub(description="A test that a laboratory carries out.")
class LabTest(Stub):
    """Of laboratory."""


@stub(description="A device of a laboratory, or a system that sends results for one (FHIR Device).")
class Analyzer(Stub):
    """Of laboratory."""


@stub(description="A member of the staff.")
class StaffMember(Stub):
    """Of identity."""
