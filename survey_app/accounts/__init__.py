"""The people who work here: signing in and out, their own account, and the door that every page of theirs has."""
