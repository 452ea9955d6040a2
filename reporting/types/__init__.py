"""GraphQL types of reporting."""
