"""Small trained weights and the scripts that make them."""
