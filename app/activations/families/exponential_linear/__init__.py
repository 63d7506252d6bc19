"""Linear on the right, exponential on the left."""
