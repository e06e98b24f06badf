"""Alerts: what a subscriber asked for, when he is to hear of it, and what the message says. Pure."""
