"""One step a file. A published step is never changed: databases have taken it."""
