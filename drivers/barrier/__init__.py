"""Modbus RTU boards: arm, lock, loops, photocell, fire input."""
