"""Stage 4. What is done to the built fetches before they are printed: one pass a file, each from fetches to fetches."""
