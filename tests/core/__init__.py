"""The ground: log, database, queue, mail, settings."""
