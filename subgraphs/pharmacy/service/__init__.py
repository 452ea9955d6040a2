"""The use cases of pharmacy."""
