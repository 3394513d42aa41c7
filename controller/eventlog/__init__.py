"""The log of the gate: append, hash chain, read models, replay, archive."""
