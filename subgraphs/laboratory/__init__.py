"""Laboratory: tests, orders, specimens and results."""
