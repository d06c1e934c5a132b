"""What plugins and workers report, and who asks them."""
