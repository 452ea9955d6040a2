"""What the laboratory prints: reports for people, and labels for specimens."""
