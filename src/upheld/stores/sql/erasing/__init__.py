"""Erases what was found, in sets, and lets the database take nothing along that nobody saw."""
