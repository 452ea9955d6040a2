"""A federation router: composes subgraphs, plans and executes operations over them, guards every field."""
