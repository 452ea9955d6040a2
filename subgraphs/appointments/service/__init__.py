"""The use cases of appointments, a module each kind."""
