"""The peripheral side of each protocol, and the ports it stands behind."""
