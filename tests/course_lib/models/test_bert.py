from dataclasses import replace

import pytest
import torch
from transformers import BertConfig as PeerConfig
from transformers import (
    BertForMaskedLM,
    BertForNextSentencePrediction,
    BertForPreTraining,
    BertForTokenClassification,
    BertModel,
)

from course_lib.models.bert import (
    BERT_BASE,
    BERT_LARGE,
    Bert,
    BertConfig,
    read_bert_config,
)
from tests.course_lib.models.peer import FLOAT32, FLOAT64, randomise
from tests.course_lib.models.public_folder import change_config, write_config
from tests.course_lib.models.published import change_tensors

B, T, LONGEST = 2, 7, 13
SIZES = {
    "vocab_size": 37,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 41,
    "max_position_embeddings": LONGEST,
    "type_vocab_size": 5,
}
CONFIG = BertConfig(
    vocab_size=37, max_seq_len=13, n_segments=5, d_model=24, n_heads=4, n_layers=3, d_ff=41
)


def save_peer(kind, folder, dtype=torch.float32, **settings):
    """Make a peer with random weights, and publish it."""
    peer = randomise(kind(PeerConfig(**SIZES | settings))).to(dtype)
    peer.save_pretrained(folder)
    return peer


def ids(below, length=T, seed=0):
    return torch.randint(below, (B, length), generator=torch.Generator().manual_seed(seed))


TOKENS, SEGMENTS, N_TOKENS = ids(37), ids(5, seed=1), torch.tensor([4, 7])
PEER_MASK = (torch.arange(T) < N_TOKENS[:, None]).long()


@pytest.mark.parametrize(
    ("dtype", "close"),
    [(torch.float32, FLOAT32), (torch.float64, FLOAT64)],
    ids=["float32", "float64"],
)
class TestAgainstThePeer:
    def test_all_heads_with_padding_and_segments(self, tmp_path, dtype, close):
        peer = save_peer(BertForPreTraining, tmp_path, dtype)
        expected = peer(TOKENS, PEER_MASK, SEGMENTS, output_hidden_states=True, return_dict=True)
        pooled = peer.bert(TOKENS, PEER_MASK, SEGMENTS).pooler_output
        model = Bert.from_pretrained(tmp_path, dtype)
        out = model(TOKENS, SEGMENTS, N_TOKENS)
        torch.testing.assert_close(out.x, expected.hidden_states[-1], **close)
        torch.testing.assert_close(out.pooled, pooled, **close)
        torch.testing.assert_close(model.score_words(out.x), expected.prediction_logits, **close)
        pairs = model.score_pairs(out.pooled)
        torch.testing.assert_close(pairs, expected.seq_relationship_logits, **close)

    def test_untied_scores_of_words(self, tmp_path, dtype, close):
        peer = save_peer(BertForMaskedLM, tmp_path, dtype, tie_word_embeddings=False)
        expected = peer(TOKENS).logits
        model = Bert.from_pretrained(tmp_path, dtype)
        torch.testing.assert_close(model.score_words(model(TOKENS).x), expected, **close)

    def test_as_many_positions_as_there_are(self, tmp_path, dtype, close):
        peer = save_peer(BertModel, tmp_path, dtype)
        expected = peer(ids(37, LONGEST)).last_hidden_state
        out = Bert.from_pretrained(tmp_path, dtype)(ids(37, LONGEST))
        torch.testing.assert_close(out.x, expected, **close)

    def test_weights_that_are_kept(self, tmp_path, dtype, close):
        peer = save_peer(BertModel, tmp_path, dtype, attn_implementation="eager")
        expected = peer(TOKENS, PEER_MASK, output_attentions=True)
        out = Bert.from_pretrained(tmp_path, dtype)(TOKENS, n_tokens=N_TOKENS, keep_weights=True)
        torch.testing.assert_close(out.x, expected.last_hidden_state, **close)
        torch.testing.assert_close(out.weights, expected.attentions, **close)


class TestBert:
    @pytest.fixture
    def model(self, tmp_path):
        save_peer(BertForPreTraining, tmp_path, torch.float64)
        return Bert.from_pretrained(tmp_path, torch.float64)

    def test_padding_is_not_looked_at(self, model):
        changed = torch.where(PEER_MASK.bool(), TOKENS, (TOKENS + 1) % 37)
        before, after = (model(token_ids, n_tokens=N_TOKENS) for token_ids in (TOKENS, changed))
        assert torch.equal(before.x[PEER_MASK.bool()], after.x[PEER_MASK.bool()])
        assert torch.equal(before.pooled, after.pooled)

    def test_padding_changes_nothing(self, model):
        alone = model(TOKENS[:1, :4]).x
        padded = model(TOKENS, n_tokens=N_TOKENS).x[:1, :4]
        torch.testing.assert_close(padded, alone, rtol=1e-12, atol=1e-12)

    def test_every_token_sees_the_last_one(self, model):
        changed = TOKENS.clone()
        changed[:, -1] = (TOKENS[:, -1] + 1) % 37
        assert (model(TOKENS).x != model(changed).x).any(dim=-1).all()

    def test_without_segments_all_is_in_the_first(self, model):
        assert torch.equal(model(TOKENS).x, model(TOKENS, torch.zeros_like(TOKENS)).x)
        assert not torch.equal(model(TOKENS).x, model(TOKENS, torch.ones_like(TOKENS)).x)

    def test_words_can_be_scored_where_they_are_asked_for(self, model):
        x = model(TOKENS).x
        rows, places = torch.tensor([0, 1, 1]), torch.tensor([5, 0, 3])
        expected = model.score_words(x)[rows, places]
        scores = model.score_words(x[rows, places])
        torch.testing.assert_close(scores, expected, rtol=1e-12, atol=1e-12)

    def test_gradients_reach_every_parameter(self):
        model = Bert(CONFIG)
        out = model(TOKENS, SEGMENTS, N_TOKENS)
        (model.score_words(out.x).sum() + model.score_pairs(out.pooled).square().sum()).backward()
        without = [name for name, p in model.named_parameters() if p.grad is None]
        assert without == []

    def test_too_many_positions_are_refused(self, model):
        with pytest.raises(ValueError, match="14 positions, but vectors for 13 only"):
            model(ids(37, LONGEST + 1))

    def test_heads_that_are_not_there_are_named(self):
        bare = Bert(replace(CONFIG, has_word_head=False, has_pair_head=False))
        out = bare(TOKENS)
        with pytest.raises(ValueError, match="has_word_head=False"):
            bare.score_words(out.x)
        with pytest.raises(ValueError, match="has_pair_head=False"):
            bare.score_pairs(out.pooled)
        assert Bert(replace(CONFIG, has_pooler=False, has_pair_head=False))(TOKENS).pooled is None


class TestConfig:
    @pytest.mark.parametrize(
        ("cfg", "n_parameters"),
        # Of bert-base-uncased and bert-large-uncased, with both heads, as the hub counts them.
        [(BERT_BASE, 110_106_428), (BERT_LARGE, 336_226_108)],
    )
    def test_published_sizes(self, cfg, n_parameters):
        with torch.device("meta"):
            model = Bert(cfg)
        assert sum(parameter.numel() for parameter in model.parameters()) == n_parameters

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"n_heads": 5}, "self.d_model=24 is not a multiple of self.n_heads=5"),
            ({"n_heads": 0}, "at least 1"),
            ({"n_layers": 0}, "at least 1"),
            ({"n_segments": 0}, "at least 1"),
            ({"has_pooler": False}, "has_pair_head=True needs has_pooler=True"),
        ],
    )
    def test_sizes_that_do_not_fit_are_refused(self, changed, message):
        with pytest.raises(ValueError, match=message):
            replace(CONFIG, **changed)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("model_type", "roberta"),
            ("hidden_act", "gelu_new"),
            ("position_embedding_type", "relative_key"),
            ("is_decoder", True),
            ("add_cross_attention", True),
            ("hidden_size", "24"),
        ],
    )
    def test_a_setting_that_is_not_supported_is_named(self, tmp_path, name, value):
        save_peer(BertModel, tmp_path)
        change_config(tmp_path, **{name: value})
        with pytest.raises(ValueError, match=f"{name}.*{value}"):
            Bert.from_pretrained(tmp_path)

    @pytest.mark.parametrize("more", [{}, {"layer_norm_eps": 1e-12, "hidden_act": "gelu"}])
    def test_what_an_old_config_leaves_out(self, tmp_path, more):
        # What bert-base-uncased says, without what is only for training.
        sizes = {"hidden_size": 768, "intermediate_size": 3072, "max_position_embeddings": 512}
        layers = {"num_attention_heads": 12, "num_hidden_layers": 12}
        vocabulary = {"type_vocab_size": 2, "vocab_size": 30522}
        write_config(tmp_path, {"model_type": "bert"} | sizes | layers | vocabulary | more)
        assert read_bert_config(tmp_path) == BERT_BASE

    def test_every_size_is_read(self, tmp_path):
        save_peer(BertForPreTraining, tmp_path, layer_norm_eps=1e-3)
        assert Bert.from_pretrained(tmp_path).cfg == replace(CONFIG, norm_eps=1e-3)


class TestFiles:
    @pytest.mark.parametrize(
        ("kind", "heads"),
        [
            (BertModel, {"has_word_head": False, "has_pair_head": False}),
            (BertForMaskedLM, {"has_pooler": False, "has_pair_head": False}),
            (BertForNextSentencePrediction, {"has_word_head": False}),
            (BertForPreTraining, {}),
        ],
    )
    def test_the_model_has_the_heads_of_the_file(self, tmp_path, kind, heads):
        save_peer(kind, tmp_path)
        model = Bert.from_pretrained(tmp_path)
        assert model.cfg == replace(CONFIG, **heads)
        assert (model(TOKENS).pooled is not None) == model.cfg.has_pooler

    def test_the_first_files_of_all_are_read(self, tmp_path):
        save_peer(BertForPreTraining, tmp_path)
        expected = Bert.from_pretrained(tmp_path).state_dict()
        names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

        def make_old(tensors):
            for today, then in names.items():
                tensors = {name.replace(today, then): t for name, t in tensors.items()}
            copy = tensors["bert.embeddings.word_embeddings.weight"].clone()
            numbers = torch.arange(LONGEST)[None]
            return tensors | {
                "cls.predictions.decoder.weight": copy,
                "bert.embeddings.position_ids": numbers,
            }

        change_tensors(tmp_path, make_old)
        change_config(tmp_path, position_embedding_type="absolute")
        state = Bert.from_pretrained(tmp_path).state_dict()
        assert state.keys() == expected.keys()
        assert all(torch.equal(state[name], expected[name]) for name in expected)

    def test_a_body_is_read_with_its_prefix_too(self, tmp_path):
        peer = save_peer(BertModel, tmp_path)
        change_tensors(tmp_path, lambda tensors: {f"bert.{k}": t for k, t in tensors.items()})
        out = Bert.from_pretrained(tmp_path)(TOKENS)
        torch.testing.assert_close(out.pooled, peer(TOKENS).pooler_output, **FLOAT32)

    def test_other_heads_are_named(self, tmp_path):
        save_peer(BertForTokenClassification, tmp_path)
        with pytest.raises(ValueError, match=r"the model has no classifier\.bias, classifier\.wei"):
            Bert.from_pretrained(tmp_path)

    def test_missing_weights_are_named(self, tmp_path):
        save_peer(BertForNextSentencePrediction, tmp_path)
        lost = "bert.pooler.dense.weight", "bert.encoder.layer.1.attention.self.key.bias"
        change_tensors(tmp_path, lambda t: {name: t[name] for name in t if name not in lost})
        missing = r"it lacks encoder\.layer\.1\.attention\.self\.key\.bias, pooler\.dense\.weight"
        with pytest.raises(ValueError, match=missing):
            Bert.from_pretrained(tmp_path)

    def test_weights_of_another_shape_are_named(self, tmp_path):
        save_peer(BertModel, tmp_path)
        change_config(tmp_path, max_position_embeddings=12)
        misshaped = r"position_embeddings\.weight has shape \(13, 24\).*not \(12, 24\)"
        with pytest.raises(ValueError, match=misshaped):
            Bert.from_pretrained(tmp_path)
