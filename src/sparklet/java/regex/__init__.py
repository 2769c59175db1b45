"""`java.util.regex` of JDK 17 in Python.

A pattern is parsed as Java parses it. Where Python's `re` is sure to find the same in a text, it does the
work; elsewhere a machine follows Java step by step.
"""

from __future__ import annotations

from sparklet.java.regex.pattern import JavaPattern, java_pattern

__all__ = ["JavaPattern", "java_pattern"]
