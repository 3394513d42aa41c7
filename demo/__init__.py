"""The whole estate on one machine: processes, traffic, judge. Imports neither daemon nor simulator."""
