"""Backup, restore and replay: installations that are lost, and those made of their backups."""
