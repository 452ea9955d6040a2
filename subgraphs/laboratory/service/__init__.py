"""The use cases of laboratory."""
