"""Traffic scripts: who comes when, and what goes wrong."""
