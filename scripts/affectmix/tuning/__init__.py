"""A general model tuned to one listener: methods, listeners to test them with, measures' input."""
