"""The shipped corpus as a web site on this machine, and the service run against it."""
