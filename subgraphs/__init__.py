"""One package a domain, all of one shape."""
