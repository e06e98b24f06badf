"""From the log to what readers see."""
