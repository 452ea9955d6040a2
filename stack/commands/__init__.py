"""One file a command or group of commands; each has an `app: typer.Typer`, with a name if it is a group."""
