"""What a person types: a command is a file with a function `main`, whose first sentence is its help."""
