"""The way to the centre and back: relay of events, intake of orders and registry deltas."""
