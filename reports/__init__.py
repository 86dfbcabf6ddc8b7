"""WHAT EXECUTIVES READ: from estimates to finished files.

Sees estimates, never a person's answers.
"""
