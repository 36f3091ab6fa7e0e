"""Chapter 9: images, pairs, experts, samples, states in place of keys, noise, triangles."""

TITLE = "Where AI goes next"

ORDER = (
    "patchify",
    "clip_loss",
    "moe_route",
    "pass_at_k",
    "linear_attention",
    "selective_scan",
    "diffusion_noise",
    "triangle_update",
    "written",
)
