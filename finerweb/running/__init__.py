"""A job is run: its session, whether it has something to do, what becomes of a failure."""
