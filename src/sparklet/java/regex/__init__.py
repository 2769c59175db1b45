"""`java.util.regex` of JDK 17 in Python.

A parser reads a pattern as Java does. Python's `re` searches a text when it is certain to return the same
matches; otherwise a backtracking machine reproduces Java's matcher step by step.
"""

from __future__ import annotations

from sparklet.java.regex.pattern import JavaPattern, java_pattern

__all__ = ["JavaPattern", "java_pattern"]
