"""What providers with an SDK share: requests, streaming, errors."""
