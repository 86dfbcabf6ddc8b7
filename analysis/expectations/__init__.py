"""The field itself: how soon people expect a reply, how soon they get one, and what that means for a promise."""
