"""The guard's page: what it shows, what may be ordered there, and by whom."""
