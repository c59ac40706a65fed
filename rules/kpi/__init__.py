"""Every KPI of an account: what it means, and its value for all accounts at once."""
