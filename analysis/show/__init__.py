"""SHOWING: values as text, CSV, JSON and pictures. The values know nothing of how they are shown."""
