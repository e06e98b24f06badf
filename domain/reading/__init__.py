"""From the text of one article to typed events."""
