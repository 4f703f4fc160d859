"""Every order of I/O: what is done, in which order, and what is written down between."""
