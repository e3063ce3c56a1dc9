"""Stems: a clip's mix taken apart into vocals, drums, bass and other, which add up to it."""
