"""A question, put to models, so that an answer is paid for once."""
