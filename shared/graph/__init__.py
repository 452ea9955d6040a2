"""GraphQL: the subgraph's schema, its context, its shared types, its HTTP application."""
