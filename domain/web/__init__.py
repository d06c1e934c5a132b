"""The web as tools may reach it: which hosts are open, and the ports to it."""
