"""What every part of the core uses: errors, ids, text, time, the unit of work."""
