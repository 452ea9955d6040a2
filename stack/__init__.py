"""The local stack: real servers, the services' processes, and the `caregraph` command."""
