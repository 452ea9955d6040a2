"""Who is asking: verified tokens, revocation, the principal."""
