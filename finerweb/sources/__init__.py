"""What comes from outside: documents, hub data sets, vocabularies."""
