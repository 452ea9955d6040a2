"""Streams to clients (WebSocket, server-sent events, multipart), and from subgraphs (WebSocket)."""
