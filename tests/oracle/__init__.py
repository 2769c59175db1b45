"""What the tests compare with: cases that a live Spark scores, its stored answers, and the JVM engine."""

from tests.oracle.cases import Case, cases
from tests.oracle.golden import Golden, goldens
from tests.oracle.jvm import engine_scores

__all__ = ["Case", "Golden", "cases", "engine_scores", "goldens"]
