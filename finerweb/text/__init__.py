"""What a text is: its spans, scripts, words and folded form. Plain Python."""
