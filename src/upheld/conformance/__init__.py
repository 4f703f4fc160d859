"""Contracts that every store and every home keeps: public test classes to subclass."""
