"""The same figures as on the command line, for a notebook: data to ask, and results that show themselves."""
