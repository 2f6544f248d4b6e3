"""Other people's searches, each asked and told as its documentation has it."""
