"""What the command line reports in one line."""


class StackError(Exception):
    """Something the person at the keyboard can mend; the message says how."""
