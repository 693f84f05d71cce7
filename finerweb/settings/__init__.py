"""conf/*.yml and `--set` to typed settings. Unknown keys are refused, before any work is done.

A setting is one field of `sections.py` and one value in conf/default.yml. Its type is the class that uses it, such as
`cost.Budget`, wherever there is one.
"""

from finerweb.settings.loading import load, load_languages
from finerweb.settings.section import Section
from finerweb.settings.sections import Publish, Settings
from finerweb.settings.sources import Source

__all__ = ["Publish", "Section", "Settings", "Source", "load", "load_languages"]
