"""Everything that is kept in a database."""
