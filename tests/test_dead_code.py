"""Nobody wrote what nobody uses: names, arguments and lines that vulture finds unused.

Two questions: does anybody use it at all; and does anybody use it but its own tests? What may stay
all the same is listed with the reason, and leaves the list when somebody comes to use it.
"""

import pytest

from tests.dead_code import ROOT, SHIPPED, code_of_pages, find_unused

pytestmark = pytest.mark.slow

USED_BY_OTHERS = {
    "Sphinx calls what an extension brings": (
        *("setup", "templatename", "fromdocname", "object_types", "initial_data", "clear_doc"),
        *("merge_domaindata", "resolve_any_xref", "get_type_name", "primary", "has_content"),
        *("_parse_attributes_section", "_consume_returns_section", "preprocess_types"),
    ),
    "nbgrader calls and reads what its own classes have": (
        *("init_assignment", "assignments", "from_filename"),
    ),
    "the settings that `course init` writes call it": ("use_database",),
    "Dask calls what a worker's plugin has": ("teardown",),
    "IPython calls what its own shell has": (
        *("showtraceback", "showsyntaxerror", "enable_gui", "enable_matplotlib", "gui"),
        "getoutput",
    ),
    "an argument that the caller gives, by place or by name": ("execute_reply", "signal_number"),
    "torch asks a dispatch mode": ("_should_skip_dynamo",),
    "Triton tunes a kernel anew for each of its values": ("size_class",),
    "Python's own web server reads and calls it": (
        *("log_message", "protocol_version", "daemon_threads", "do_POST"),
    ),
    "logging calls what its handlers have": ("handleError",),
    "a column of a table that a person reads": ("shared_files",),
    "the learner's process calls it, by the name that a step carries": ("pass_on",),
    "a reader sees it where the whole is shown": (
        "others_served",
        "sequential",
        "n_both",
        "n_neither",
    ),
}

ONLY_TESTED = {
    "a column of a table, read by its name": (
        *("worker_bytes", "warm_bytes", "parent_fds", "tree_fds", "temporary_files"),
        *("out_files", "out_bytes"),
    ),
    "IPython looks for it by name": ("_render_traceback_", "_ipython_display_"),
    "a tool of the tests, which needs what the pages are called": ("chapter_of",),
    "a live figure's script says the same; its test compares the two": (
        *("numbers_at_start", "card_share", "score_in_words", "weight_below", "sum_in_words"),
        *("perplexities", "mass_kept", "addition_in_words", "state_of"),
        *("query_length", "key_length", "query_direction", "key_direction"),
    ),
    "published sizes of a public model, whose parameters a test counts": (
        *("WHISPER_LOG_MEL", "WHISPER_TINY", "WHISPER_SMALL", "WHISPER_MEDIUM"),
        *("WHISPER_LARGE_V3_TURBO", "CLIP_VIT_L_14_336", "T5_V1_1_BASE"),
        *("VIT_LARGE_16", "VIT_HUGE_14"),
    ),
    "what public weights need besides the model": (
        *("fit_length", "number_like_gpt2", "interleaved_to_half_split"),
    ),
    "a reader's own data or model needs it: the other half of something that a chapter uses": (
        *("parse_pattern", "split_pieces"),
        *("is_counted", "stopped_share", "exponent_interval", "thresholds", "least_seconds"),
        *("n_parameters_saved", "all_of", "Scripted"),
    ),
    "a method of a paper that a chapter explains; the library holds it whole": (
        *("LSTMN", "Seq2Seq", "GeneralAttention", "expert_capacity", "within_capacity"),
        *("leashed_rewards", "generalised_advantages", "smallest_flipping_set"),
    ),
    "a measure whose result a chapter quotes by what it is made of": (
        *("share_found", "measure_damage"),
    ),
}


@pytest.fixture(scope="module")
def pages():
    return list(code_of_pages())


def names(reasons):
    return {name for group in reasons.values() for name in group}


def told(items):
    places = ((item.filename.relative_to(ROOT), item) for item in items)
    return sorted(f"{path}:{item.first_lineno} {item.typ} {item.name}" for path, item in places)


def test_nothing_is_unused(pages):
    found = find_unused(*SHIPPED, "tests", "benchmarks", pages=pages)
    allowed = names(USED_BY_OTHERS)
    assert told(item for item in found if item.name not in allowed) == []
    assert sorted(allowed - {item.name for item in found}) == [], "in use: strike from the list"


def test_nothing_serves_its_own_tests_alone(pages):
    tools = [  # the tests' programs are users, what they try is none
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if not path.name.startswith("test_") and path.parent != ROOT / "tests" / "book"
    ]
    found = find_unused(*SHIPPED, "benchmarks", *tools, pages=pages)
    ours = [item for item in found if not item.filename.is_relative_to(ROOT / "tests")]
    others, allowed = names(USED_BY_OTHERS), names(ONLY_TESTED)
    assert told(item for item in ours if item.name not in others | allowed) == []
    assert sorted(allowed - {item.name for item in ours}) == [], "in use: strike from the list"


SHOP = """
import pytest
from functools import partial

def sold(n): return n

def forgotten(price, given):
    return price

def by_text(): ...

def on_a_page(): ...

def drawn_by_a_script(): ...

made = ["shop.by_text", f"{sold(1)}.by_half_a_text"]

def by_half_a_text(): ...

class Till:
    def __init__(self, shelf):
        self.drawer = 1
        shelf.label = 2

@double.alternative
def registered(): ...
"""

TRIED = """
import pytest

@pytest.fixture
def opened(): ...

def test_it(opened, unknown):
    forgotten_in_a_test = 1
"""


def test_what_counts_as_use(tmp_path):
    for name, text in {
        "shop/shop.py": SHOP,
        "shop/test_shop.py": TRIED,
        "course_lib/figures/shop.js": 'model.get("drawn_by_a_script")',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = find_unused("shop", root=tmp_path, pages=["on_a_page()\nTill(0)"])
    assert sorted(item.name for item in found) == [
        *("drawer", "forgotten", "forgotten_in_a_test", "given", "made", "partial", "unknown"),
    ]
