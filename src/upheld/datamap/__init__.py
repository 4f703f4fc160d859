"""The map: where personal data is, as people write it and as stores report it."""
