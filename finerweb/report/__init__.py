"""What people read about a data set: the report, the data card, the views."""
