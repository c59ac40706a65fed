"""Settings of the process and the trading configuration of users."""
