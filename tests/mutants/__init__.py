"""Deliberate breaks of each law, and the tests that must catch them."""
