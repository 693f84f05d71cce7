"""A student: a named-entity model of our own, which reads any label as a text."""
