"""What every service uses: authentication, database, events, graph, audit, telemetry. No domain word."""
