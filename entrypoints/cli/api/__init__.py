"""``puerto api``, ``learn`` and ``call``: learned APIs at the command line."""
