"""Directory: practitioners and their roles, organizations, locations."""
