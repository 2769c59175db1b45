"""One question each: rows, cold, batch, growth, instructions."""
