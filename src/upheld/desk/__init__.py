"""The rules of requests: clocks, states, codes, letters and their checks; pure."""
