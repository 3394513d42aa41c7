"""Pure physics of arm, loops, doors and vehicles: time is passed in, nothing sleeps."""
