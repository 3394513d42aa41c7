"""Card readers: OSDP, serial Wiegand converters, USB keyboard-wedge readers."""
