"""Programs and fixtures that tests and the demo share."""
