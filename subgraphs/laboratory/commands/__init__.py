"""What the use cases of laboratory are asked to do."""
