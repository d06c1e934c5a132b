"""What `all.py` measures, one part after the other."""
