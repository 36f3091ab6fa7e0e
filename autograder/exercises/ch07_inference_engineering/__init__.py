"""Chapter 7: what it takes to serve a model, in bytes, tiles, pages and guesses."""

TITLE = "KV cache, FlashAttention and the hidden engineering"

ORDER = (
    "kv_cache_bytes",
    "decode_step",
    "online_softmax",
    "flash_attention",
    "grouped_query_attention",
    "speculative_step",
    "quantize_int8",
    "page_table",
    "written",
    "triton_flash",
)
