"""How many training examples a second one process, and a whole machine, learns from."""
