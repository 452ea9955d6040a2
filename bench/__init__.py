"""What CareGraph costs to run, measured."""
