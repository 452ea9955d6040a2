"""What the use cases of pharmacy are asked to do."""
