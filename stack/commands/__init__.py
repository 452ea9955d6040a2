"""One file a command or group of commands: it has an `app: typer.Typer`, with a name if it is a group.

Every file is read for each command and for `--help`, so what is slow to import is imported where it is used.
"""
