"""Monitoring: plugins' metrics and alerts, the collector, workers' heartbeats, counters."""
