"""Usage: what models and tools were used for, by whom, and the budgets that bound it."""
