"""A fictional municipality, made from a seed, with the truth of what was planted."""
