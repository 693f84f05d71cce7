"""Things outside the lake that jobs read and write: one file a kind, with a class that tells a thing's state.

A module has a function `find(name, settings=, spark=)`: the thing that a key `kind:name` in a run's log is about, or
None where the settings do not have it any more.
"""
