"""Collects what a run left under results/ into what the report shows."""
