"""From logits to text: sampling, caches, the decoding loop and its faster relatives."""
