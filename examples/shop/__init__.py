"""A data scientist's own package: stages that run in Spark and are served without it."""
