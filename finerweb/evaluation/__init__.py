"""How good taggers are on texts that people annotated: benchmarks in, figures out. Plain Python and numpy, no Spark."""
