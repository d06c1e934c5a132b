"""Tests of what is stored: one contract for each port, and what only a database can do."""
