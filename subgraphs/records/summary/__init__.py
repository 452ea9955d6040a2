"""A patient's record to take along: what it says, section by section, as a Bundle of FHIR and as a PDF."""
