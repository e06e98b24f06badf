"""The benchmark of the log: `make bench` prints a table. Nothing here is a test, and no test measures time."""
