"""Who asks (tokens, revocation), what they may see, and the removal of the rest before planning."""
