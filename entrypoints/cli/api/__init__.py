"""``puerto api``, ``learn`` and ``call``: commands for learned APIs."""
