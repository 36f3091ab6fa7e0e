"""What trained models do inside: which heads look where, and which of them matter."""
