"""WHAT WE ASK: questionnaires, answers and their one judge.

Pure: no web, no database, no numbers library, no clock, no network.
Everything else in the house reads the Questionnaire that this room makes.
"""
