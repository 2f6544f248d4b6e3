"""How long commands and the dashboard take beside a study with very many trials."""
