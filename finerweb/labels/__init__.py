"""Entity types: their forms, classes and spellings. Plain Python."""
