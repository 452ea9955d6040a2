"""The use cases of the medical record."""
