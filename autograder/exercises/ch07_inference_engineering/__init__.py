"""Chapter 7: what it takes to serve a model, in bytes, tiles, pages and guesses."""

TITLE = "KV cache, FlashAttention and the hidden engineering"

ORDER = (
    "decode_step",
    "kv_cache_bytes",
    "grouped_query_attention",
    "online_softmax",
    "flash_attention",
    "triton_flash",
    "speculative_step",
    "quantize_int8",
    "page_table",
    "written",
)
