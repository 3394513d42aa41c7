"""The page from which a person drives the simulation."""
