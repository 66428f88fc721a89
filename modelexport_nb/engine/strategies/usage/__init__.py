"""Parts of the strategy `usage_based`: each answers one question of its own."""
