"""The demo: a made-up company keeps a promise, breaks one, is caught, and puts it right."""
