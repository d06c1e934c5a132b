"""Runs, which are event-sourced: their events, the fold, the next action, the journal."""
