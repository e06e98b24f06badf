"""Reading the web, politely and safely."""
