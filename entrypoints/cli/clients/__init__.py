"""What the commands talk to: a service in this process, or one at an address."""
