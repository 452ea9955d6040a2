"""Logs, metrics and traces; none of them holds a patient's data."""
