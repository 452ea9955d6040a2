"""GraphQL types of pharmacy."""
