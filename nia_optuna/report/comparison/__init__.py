"""A comparison of studies: its values, words and tables, and its folder."""
