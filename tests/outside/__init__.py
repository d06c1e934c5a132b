"""The service seen from outside: a real process, real sockets, friends and strangers."""
