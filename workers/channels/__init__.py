"""Ways by which a change reaches a subscriber."""
