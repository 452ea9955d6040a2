"""`python -m stack` is `caregraph`, where the command is not installed."""

from stack.cli import app

app()
