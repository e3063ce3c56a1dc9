"""Predictions for new audio: what a stored model hears of it, and what it says."""
