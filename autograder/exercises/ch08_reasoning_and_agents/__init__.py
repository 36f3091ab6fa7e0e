"""Chapter 8: what is built around a model: votes, retrieval, tools, memory, plans, agents."""

TITLE = "Emergent reasoning, tools and agentic systems"

ORDER = (
    "self_consistency",
    "parse_tool_call",
    "safe_calculate",
    "constrain",
    "bm25",
    "retrieval_metrics",
    "Memory",
    "run_agent",
    "execute_plan",
    "written",
)
