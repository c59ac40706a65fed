"""The demo: a whole system in a fresh home, a made-up world, and an account of what came of it."""
