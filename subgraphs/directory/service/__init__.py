"""The directory's use cases: the only code that writes."""
