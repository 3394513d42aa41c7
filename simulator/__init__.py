"""Virtual hardware: the other end of each wire. Never imported by the daemon."""
