"""The dialect of an orchestration API: `/ask`; its `/status` and `/logs` are the service's own."""
