"""GraphQL types of the medical record."""
