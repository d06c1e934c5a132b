"""Routes of what was used, and of the budgets that bound it."""
