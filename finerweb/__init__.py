"""Turn the multilingual web into named-entity-recognition data sets, on Spark and Delta."""

__version__ = "0.1.0"
