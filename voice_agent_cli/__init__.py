"""A shopping assistant that a person talks to, running on their own machine."""

__version__ = "0.1.0"
