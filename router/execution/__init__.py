"""Runs plans: fetches, merges, resolves entities, and shapes the answer by the API schema."""
