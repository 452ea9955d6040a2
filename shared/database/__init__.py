"""PostgreSQL: models, sessions, migrations, paging."""
