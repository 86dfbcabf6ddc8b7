"""Places of the code that are broken on purpose, one at a time: does the suite notice each of them?"""
