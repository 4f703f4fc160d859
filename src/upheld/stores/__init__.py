"""Systems that hold personal data, one module or package for each kind."""
