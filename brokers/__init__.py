"""The broker port and what stands behind it."""
