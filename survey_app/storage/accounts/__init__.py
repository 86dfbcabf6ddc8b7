"""Who works here: accounts, rights in studies, sessions, invitations, and the log of what was done.

Knows no web. Of tokens and codes only hashes are stored, of passwords argon2id; what changes an account and
the line about it in the log are one transaction.
"""
