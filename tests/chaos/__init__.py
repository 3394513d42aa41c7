"""Faults tried on the whole daemon, on real wires and a real broker."""
