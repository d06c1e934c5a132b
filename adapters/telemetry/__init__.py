"""OpenTelemetry: runs, models and calls as spans and metrics. It needs the extra ``otel``.

Nothing here is imported before an operator has turned it on.
"""
