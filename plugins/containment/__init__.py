"""What keeps plugins from hurting more than themselves: noticed, named, contained."""
