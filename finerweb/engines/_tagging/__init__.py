"""The parts of the engines `student` and `spacy`."""
