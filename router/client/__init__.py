"""The HTTP client that asks subgraphs: POST over pooled HTTP/1.1 connections. It knows nothing of GraphQL."""
