"""Everything that runs: adapters to the web and the databases, tasks, roles, commands and pages."""
