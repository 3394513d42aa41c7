"""Every bench is tried with tiny sizes; what it measures is asserted nowhere."""
