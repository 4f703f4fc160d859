"""Finds a person in a database: the rows that are theirs, and what only a person can decide."""
