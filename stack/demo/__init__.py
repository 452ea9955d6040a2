"""A small clinic to try things with: its FHIR sample, an account of each role, hours and appointments of the coming days."""
