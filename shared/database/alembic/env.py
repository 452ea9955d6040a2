"""Alembic's entry; the work is in `shared.database.migrations`."""

from shared.database.migrations import run

run()
