"""SQL of pipelines in public code: statements by their shape, over columns whose names tell their types."""
