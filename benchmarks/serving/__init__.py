"""Measure `sparklet serve` beside FastAPI by hand, in an open loop from a second process."""
