"""Sparklet and its rivals: one small adapter each, driven by one protocol."""
