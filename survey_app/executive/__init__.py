"""The person who decides: finished reports handed out as they are. Computes nothing."""
