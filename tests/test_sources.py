"""The library says what each thing does and, of what others have thought of, where they say it."""

from fnmatch import fnmatchcase
from functools import cache
from textwrap import dedent

import pytest

from tests.sources import docstrings, sources_in, undocumented, works
from tests.test_house import ROOT, modules_of

MODULES = {
    name.removeprefix("course_lib."): path
    for name, path in modules_of("course_lib").items()
    if path.name != "__init__.py"
}
WORKS = works(ROOT / "book" / "references.bib")

# Modules that name no work, by the reason for which there is none to name.
OUR_OWN = {
    "a live figure, its numbers and its words": ("figures.*",),
    "a training of the course, or what such trainings share": ("checkpoints.*",),
    "texts and tasks made up for the course": ("data.*",),
    "a model or a training that a chapter makes up; its parts name their sources": (
        *("models.lstm_reader", "models.recall_readers", "models.reference_resolver"),
        *("training.digit_reader", "training.image_phrases", "training.story_chat"),
        *("training.story_preferences", "training.written_solutions", "training.reversal"),
        *("generation.tiny_models", "training.chat_template", "training.larger_vocabulary"),
    ),
    "the capstone's model, put together from functions that name their sources": ("own_gpt.*",),
    "an agent, a tool or a defence that a chapter builds and measures": (
        *("agents.adder_policy", "agents.book_search", "agents.by_hand", "agents.calls"),
        *("agents.leak", "agents.local_endpoint", "agents.memory", "agents.page_reader"),
        *("agents.plan", "agents.plan_runner", "agents.planted_secrets", "agents.redaction"),
        *("agents.schema_grammar", "agents.shop_world", "agents.short_memory"),
        *("agents.sum_solver", "agents.tools", "agents.words"),
    ),
    "counts or measures what its first line says, by arithmetic alone": (
        *("analysis.alignment", "analysis.attention_share", "analysis.copied_words"),
        *(
            "analysis.grammaticality",
            "analysis.kept_bytes",
            "analysis.layer_gradients",
            "analysis.module_inputs",
        ),
        *("analysis.peak_memory", "analysis.tale_samples", "kernels.decoder_work"),
        *("kernels.memory", "training.answer_log_probs", "training.meter"),
    ),
    "how programs are put together: interfaces, loops, files, processes": (
        *("attention_context", "device", "plotting", "generation.cache_editing"),
        *("generation.choices", "generation.decoding", "generation.language_model"),
        *("kernels.decoder_file", "models.caching_decoder", "training.adapter_files"),
        *("training.loop", "training.processes", "training.snapshots"),
    ),
    "the same as a module that names its source, faster or smaller by craft": (
        *("generation.fast_sampling", "generation.largest", "kernels.flash_tiles"),
        *("kernels.flash_triton_tiles", "kernels.int8_product", "kernels.quantized_linear"),
        *("kernels.skinny_product", "models.fast_gpt2"),
    ),
    "a notation in everyday use, or an automaton written down by hand": (
        *("generation.patterns", "generation.character_automaton"),
    ),
    "how published files are named and laid out, read off the files": (
        *("models.public_checkpoint", "models.public_config", "models.gpt2_checkpoint"),
        *("models.bert_checkpoint", "models.rotary_checkpoint", "models.t5_checkpoint"),
    ),
}


def read(path):
    return path.read_text(encoding="utf-8")


@cache
def cited(name):
    return [source for text in docstrings(read(MODULES[name])) for source in sources_in(text)]


def is_ours(name):
    return any(fnmatchcase(name, each) for group in OUR_OWN.values() for each in group)


def test_everything_public_is_documented():
    silent = {name: undocumented(read(path)) for name, path in MODULES.items()}
    assert {name: found for name, found in silent.items() if found} == {}


def test_every_module_names_a_source_or_is_our_own():
    assert [name for name in MODULES if not cited(name) and not is_ours(name)] == []


def test_every_source_is_found_by_a_reader():
    """In the book's list of works, or by what stands behind it in the docstring."""
    lost = [
        f"{name}: {source.author} {source.year}"
        for name in MODULES
        for source in cited(name)
        if (source.author, source.year) not in WORKS and not source.can_be_found
    ]
    assert lost == []


def test_identifiers_are_those_of_the_books_list():
    wrong = [
        f"{name}: {source.author} {source.year} is {sorted(known)}, not {source.arxiv}"
        for name in MODULES
        for source in cited(name)
        if (known := WORKS.get((source.author, source.year)))
        and source.arxiv
        and any(known)
        and source.arxiv not in known
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", [each for group in OUR_OWN.values() for each in group])
def test_what_is_our_own_names_no_source(pattern):
    ours = [name for name in MODULES if fnmatchcase(name, pattern)]
    assert [name for name in ours if not cited(name)], "strike it from the list"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Implements Vaswani et al. 2017 (arXiv:1706.03762), equation 1.", ("Vaswani", "2017")),
        ("after Press\nand Wolf 2017, arXiv:1608.05859", ("Press", "2017")),
        ('E. Alpaydin and C. Kaynak (1998), "Digits"', ("Alpaydin", "1998")),
        ("as Hochreiter and Schmidhuber 1997 have it", ("Hochreiter", "1997")),
    ],
)
def test_a_source_is_read_as_prose_writes_it(text, found):
    (source,) = sources_in(text)
    assert (source.author, source.year) == found
    assert source.can_be_found == ("have it" not in text)


def test_numbers_and_plain_words_are_no_sources():
    assert list(sources_in("Of 2000 heads in 2024, of 1,797 images.")) == []


def test_what_is_public_and_silent_is_named():
    source = """
    def told():
        'Says it.'

    def silent(): ...

    def _private(): ...

    class Kind:
        'Is one.'

        def silent(self): ...

        def __repr__(self): ...
    """
    assert undocumented(dedent(source)) == ["silent", "Kind.silent"]
