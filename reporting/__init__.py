"""Reporting: figures on appointments and registrations, from the events of the other domains."""
