"""Parts of the tagger gliner."""
