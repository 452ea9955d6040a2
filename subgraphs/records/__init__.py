"""The medical record, and who may open it."""
