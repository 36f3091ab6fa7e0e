"""Chapter 9: images, pairs, experts, samples, states in place of keys, noise, triangles."""

TITLE = "Where AI goes next"

ORDER = (
    "patchify",
    "diffusion_noise",
    "clip_loss",
    "triangle_update",
    "moe_route",
    "linear_attention",
    "selective_scan",
    "pass_at_k",
    "written",
)
