"""Many processes: roles, whose turn it is, what is checked before they start."""
