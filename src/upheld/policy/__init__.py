"""The policy: clauses as people write them, read into nouns."""
