"""Chapter 8: what is built around a model: votes, retrieval, tools, memory, plans, agents."""

TITLE = "Emergent reasoning, tools and agentic systems"

ORDER = (
    "self_consistency",
    "bm25",
    "retrieval_metrics",
    "parse_tool_call",
    "safe_calculate",
    "constrain",
    "run_agent",
    "Memory",
    "execute_plan",
    "written",
)
