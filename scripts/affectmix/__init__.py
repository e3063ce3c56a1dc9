"""AffectMix: from folders of rated audio to leak-free models of felt emotion."""

__version__ = "0.1.0"
