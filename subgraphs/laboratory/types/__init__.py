"""GraphQL types of laboratory."""
