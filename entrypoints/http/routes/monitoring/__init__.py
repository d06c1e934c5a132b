"""Routes for operators' eyes: health, metrics, audit."""
