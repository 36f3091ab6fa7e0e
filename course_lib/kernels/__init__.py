"""The same arithmetic with fewer bytes moved: tiled attention, quantized weights, the roofline."""
