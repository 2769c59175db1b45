"""Two stages that sparklet scores: `readers` for one row, `transformers` for Spark."""
