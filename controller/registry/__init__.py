"""Vehicles, cards, passes, leases, permits and the watch list: versions, deltas, look-up, import and export."""
