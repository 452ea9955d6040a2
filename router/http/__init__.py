"""From bytes to a GraphQL request, and from a result to bytes; what is around it: limits, health, GraphiQL."""
