"""How a medication is taken: FHIR R4's Dosage, and its sentence for people."""
