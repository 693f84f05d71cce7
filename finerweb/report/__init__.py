"""What is told of a data set: the report, the data card, the views."""
