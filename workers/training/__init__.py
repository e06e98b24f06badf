"""Training of the small models that the extractor ships with; nothing of it runs in the service."""
