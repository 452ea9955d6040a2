"""Identity: accounts, credentials, sessions, roles and scopes, activity."""
