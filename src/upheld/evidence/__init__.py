"""What is true and can be shown: the log, its views, what can be erased, and proofs."""
