"""Forward-only, numbered migrations of each store."""
