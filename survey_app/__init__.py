"""WHO COMES TO THE DOOR: asks, keeps, hands out finished files.

Computes no statistics. Only the command line (`survey_app.cli`) sees every room.
"""
