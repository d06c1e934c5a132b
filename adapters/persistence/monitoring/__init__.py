"""The repositories of what is watched: alerts, figures, workers."""
