"""Pharmacy: medications, stock, prescriptions and dispensing."""
