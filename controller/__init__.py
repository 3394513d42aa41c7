"""The daemon on the gate box: readings in, decisions recorded, orders out."""

__version__ = "0.1.0"
