"""Hardware: bytes and frames in, readings out; orders in, bytes out. Knows no policy and no site."""
