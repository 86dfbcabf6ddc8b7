"""SHOWING: values → text, CSV, JSON, HTML. It stands above the values, which know nothing of it."""
