import pytest
import torch

from course_lib.models.bert import Bert, BertConfig
from course_lib.models.bert_checkpoint import SOURCES, heads_among, names_of_today
from course_lib.models.public_checkpoint import NUMBER

CONFIG = BertConfig(
    vocab_size=11, max_seq_len=5, d_model=6, n_heads=3, n_layers=2, d_ff=7, ties_embeddings=False
)


def test_every_parameter_has_a_source_and_no_source_is_left_over():
    names = {NUMBER.sub("*", name) for name in Bert(CONFIG).state_dict()}
    # An embedding has no bias, though the table would know where it stood.
    assert names == set(SOURCES) - {"embedding.bias", "segments.bias"}


def test_no_two_parameters_have_the_same_source():
    assert len({source.name for source in SOURCES.values()}) == len(SOURCES)


class TestNamesOfToday:
    @pytest.mark.parametrize(
        ("then", "today"),
        [
            ("bert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight"),
            ("embeddings.LayerNorm.gamma", "embeddings.LayerNorm.weight"),
            (
                "bert.encoder.layer.3.output.LayerNorm.beta",
                "encoder.layer.3.output.LayerNorm.bias",
            ),
            (
                "cls.predictions.transform.LayerNorm.gamma",
                "cls.predictions.transform.LayerNorm.weight",
            ),
            ("cls.predictions.bias", "cls.predictions.bias"),
            # Only a prefix is left out, and only of a whole word.
            ("classifier.bert.weight", "classifier.bert.weight"),
            ("bertha.weight", "bertha.weight"),
        ],
    )
    def test_renames(self, then, today):
        assert list(names_of_today({then: torch.ones(2)})) == [today]

    def test_of_two_biases_of_the_scores_the_decoders_is_in_use(self):
        rest, in_use = torch.zeros(3), torch.ones(3)
        for order in (1, -1):
            tensors = [("cls.predictions.bias", rest), ("cls.predictions.decoder.bias", in_use)]
            renamed = names_of_today(dict(tensors[::order]))
            assert list(renamed) == ["cls.predictions.bias"]
            assert renamed["cls.predictions.bias"] is in_use


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        ("encoder.layer.0.output.dense.weight", (False, False, False)),
        ("pooler.dense.bias", (True, False, False)),
        ("cls.predictions.bias", (False, True, False)),
        # A head of pairs reads from the pooler, which is then looked for.
        ("cls.seq_relationship.weight", (True, False, True)),
    ],
)
def test_the_heads_among_names(name, heads):
    names = ("has_pooler", "has_word_head", "has_pair_head")
    assert heads_among(iter([name])) == dict(zip(names, heads, strict=True))
