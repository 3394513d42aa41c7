"""Cameras and plate recognition."""
