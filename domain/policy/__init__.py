"""The policy: which tool calls are allowed, need consent, or are denied; the audit."""
