"""The database as one file, and back: taken while people answer, put back wholly or not at all.

A backup is of one moment. It can go back into either kind of database, and proves that it did by the Merkle roots
of its studies. What was erased after it was made does not come back with it.
"""
