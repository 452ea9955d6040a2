"""Patients: registration, demographics, contacts, identifiers, communication preferences, merge of duplicates."""
