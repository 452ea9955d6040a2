"""Newdomain: new entities."""
