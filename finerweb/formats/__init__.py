"""Entities as text and back, and the files of a release."""
