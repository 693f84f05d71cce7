"""The data of the engine `lexicon`."""
