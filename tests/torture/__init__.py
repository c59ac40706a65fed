"""Torture: the whole system under random faults, and a check that asks none of its parts."""
