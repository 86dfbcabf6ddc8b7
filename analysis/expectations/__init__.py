"""The field itself: how soon people expect a reply, and what that means for a promise."""
