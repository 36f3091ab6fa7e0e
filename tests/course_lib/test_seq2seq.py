import jaxtyping
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.seq2seq import Seq2Seq, Seq2SeqConfig
from course_lib.training.loop import train
from course_lib.training.schedules import linear_decay

B, TK, TQ, D = 3, 7, 5, 6  # all different, so that a swapped axis cannot pass
N_READ, N_WRITTEN = 11, 9
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
either_kind = pytest.mark.parametrize("attends", [True, False])


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def rand_ids(n_tokens, *shape, seed=0):
    return torch.randint(n_tokens, shape, generator=torch.Generator().manual_seed(seed))


def model_of(attends):
    cfg = Seq2SeqConfig(
        source_vocab_size=N_READ, target_vocab_size=N_WRITTEN, d_model=D, attends=attends
    )
    model = Seq2Seq(cfg, torch.Generator()).double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = rand(*parameter.shape, seed=seed + 10)
    return model


def mask_of(*lengths):
    return torch.arange(TK) < torch.tensor(lengths)[:, None]


SOURCE, TARGET = rand_ids(N_READ, B, TK), rand_ids(N_WRITTEN, B, TQ, seed=1)


def give_weights(theirs, ours, suffix="_l0", reads_also=None):
    """Copy the weights of a GRU into torch's, with those of more inputs below, if any."""
    W_x = ours.W_x if reads_also is None else torch.cat([ours.W_x, reads_also])
    getattr(theirs, f"weight_ih{suffix}").data = W_x.detach().T.clone()
    getattr(theirs, f"weight_hh{suffix}").data = ours.W_h.detach().T.clone()
    getattr(theirs, f"bias_ih{suffix}").data = ours.b.detach().clone()
    only_candidate = torch.cat([torch.zeros_like(ours.b[: -len(ours.W_h)]), ours.b_candidate])
    getattr(theirs, f"bias_hh{suffix}").data = only_candidate.detach()


def encode_with_torch(encoder, source_ids):
    theirs = nn.GRU(D, D // 2, batch_first=True, bidirectional=True, dtype=torch.float64)
    give_weights(theirs, encoder.ahead)
    give_weights(theirs, encoder.back, "_l0_reverse")
    states, last = theirs(encoder.table[source_ids])
    return states, torch.cat([last[0], last[1]], dim=-1)


class TestConfig:
    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ((0, 9, 6), "source_vocab_size=0"),
            ((11, 0, 6), "target_vocab_size=0"),
            ((11, 9, 0), "at least 1, got .*d_model=0"),
            ((11, 9, 7), "d_model=7 cannot be halved"),
        ],
    )
    def test_sizes_that_do_not_fit_are_refused(self, sizes, message):
        n_read, n_written, d_model = sizes
        with pytest.raises(ValueError, match=message):
            Seq2SeqConfig(
                source_vocab_size=n_read,
                target_vocab_size=n_written,
                d_model=d_model,
                attends=True,
            )


class TestEncoder:
    def test_matches_torch(self):
        encoder = model_of(True).encoder
        states, summary = encoder(SOURCE)
        expected = encode_with_torch(encoder, SOURCE)
        torch.testing.assert_close(states, expected[0], **TIGHT)
        torch.testing.assert_close(summary, expected[1], **TIGHT)

    def test_padded_sources_match_torch_on_each_alone(self):
        encoder, lengths = model_of(True).encoder, (4, TK, 1)
        states, summary = encoder(SOURCE, mask_of(*lengths))
        for row, n_tokens in enumerate(lengths):
            expected = encode_with_torch(encoder, SOURCE[row : row + 1, :n_tokens])
            torch.testing.assert_close(states[row : row + 1, :n_tokens], expected[0], **TIGHT)
            torch.testing.assert_close(summary[row : row + 1], expected[1], **TIGHT)


class TestForward:
    def test_without_attention_matches_torch(self):
        model = model_of(False)
        theirs = nn.GRU(D, D, batch_first=True, dtype=torch.float64)
        give_weights(theirs, model.decoder.gru)
        _, summary = encode_with_torch(model.encoder, SOURCE)
        states, _ = theirs(model.decoder.table[TARGET], summary[None])
        out = model(SOURCE, TARGET)
        expected = states @ model.decoder.W_out + model.decoder.b_out
        torch.testing.assert_close(out.logits, expected, **TIGHT)
        torch.testing.assert_close(out.h, states[:, -1], **TIGHT)
        assert out.weights is None

    def test_with_attention_matches_a_cell_of_torch_that_is_fed_what_was_found(self):
        model = model_of(True)
        decoder, attention = model.decoder, model.decoder.attention
        cell = nn.GRUCell(2 * D, D, dtype=torch.float64)
        give_weights(cell, decoder.gru, "", reads_also=decoder.W_found)
        states, h = encode_with_torch(model.encoder, SOURCE)
        out = model(SOURCE, TARGET)
        for step in range(TQ):
            found = torch.zeros(B, D, dtype=torch.float64)
            for row in range(B):
                pairs = [h[row] @ attention.W_q + s @ attention.W_k for s in states[row]]
                scores = torch.stack([pair.tanh() @ attention.w_score for pair in pairs])
                weights = scores.exp() / scores.exp().sum()
                torch.testing.assert_close(out.weights[row, step], weights, **TIGHT)
                found[row] = sum(w * s for w, s in zip(weights, states[row], strict=True))
            h = cell(torch.cat([decoder.table[TARGET[:, step]], found], dim=-1), h)
            logits = torch.cat([h, found], dim=-1) @ decoder.W_out + decoder.b_out
            torch.testing.assert_close(out.logits[:, step], logits, **TIGHT)
        torch.testing.assert_close(out.h, h, **TIGHT)

    @either_kind
    @settings(max_examples=20)
    @given(seed=st.integers(0, 10**6))
    def test_padding_changes_nothing_and_gets_no_weight(self, attends, seed):
        model, n_tokens = model_of(attends), 1 + seed % TK
        source, mask = rand_ids(N_READ, B, TK, seed=seed), mask_of(n_tokens, TK, 2)
        out = model(source, TARGET, mask)
        alone = model(source[:1, :n_tokens], TARGET[:1])
        torch.testing.assert_close(out.logits[:1], alone.logits, **TIGHT)
        other = torch.where(mask, source, rand_ids(N_READ, B, TK, seed=seed + 1))
        assert torch.equal(model(other, TARGET, mask).logits, out.logits)
        if attends:
            assert torch.equal(out.weights != 0, mask[:, None].expand(B, TQ, TK))
            torch.testing.assert_close(out.weights[:1, :, :n_tokens], alone.weights, **TIGHT)

    @either_kind
    def test_an_empty_source_gives_no_nan(self, attends):
        out = model_of(attends)(SOURCE, TARGET, mask_of(TK, 0, 2))
        assert out.logits.isfinite().all()
        if attends:
            assert (out.weights[1] == 0).all()

    @either_kind
    def test_later_tokens_of_the_target_do_not_matter(self, attends):
        model, target = model_of(attends), TARGET.clone()
        before = model(SOURCE, target).logits
        target[:, 3:] = (target[:, 3:] + 1) % N_WRITTEN
        after = model(SOURCE, target).logits
        assert torch.equal(before[:, :3], after[:, :3])
        assert (before[:, 3:] != after[:, 3:]).any(-1).all()

    @either_kind
    def test_every_weight_is_learned(self, attends):
        model = model_of(attends)
        model(SOURCE, TARGET).logits.square().sum().backward()
        assert all((parameter.grad != 0).any() for parameter in model.parameters())

    @either_kind
    def test_a_target_of_nothing_is_refused_in_a_sentence(self, attends):
        with pytest.raises(ValueError, match="at least one position"):
            model_of(attends)(SOURCE, TARGET[:, :0])

    @either_kind
    def test_the_generator_alone_decides_the_weights(self, attends):
        cfg = model_of(attends).cfg
        states = [Seq2Seq(cfg, torch.Generator().manual_seed(s)).state_dict() for s in (3, 3, 4)]
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
        assert not states[0]["decoder.b_out"].any()
        tables = [state["encoder.table"] for state in states]
        assert not torch.equal(tables[0], tables[2])


START, END = 0, 1


class TestWrite:
    @either_kind
    def test_each_token_is_the_best_after_those_before_it(self, attends):
        # Many sources: a single one may have the same best tokens whatever is looked at.
        model, n_sources = model_of(attends), 40
        source = rand_ids(N_READ, n_sources, TK)
        mask = torch.arange(TK) <= rand_ids(TK, n_sources, seed=1)[:, None]
        written = model.write(source, START, END, 8, mask)
        told = torch.cat([torch.full((n_sources, 1), START), written[:, :-1]], dim=1)
        best = model(source, told, mask).logits.argmax(-1)
        ended = (written == END).cumsum(-1) - (written == END).long() > 0
        assert torch.equal(written, best.masked_fill(ended, END))
        assert len(written[~ended].unique()) > 2  # else this shows little

    @either_kind
    def test_a_target_that_has_ended_stays_so_while_others_go_on(self, attends):
        # First without an end, since no token has that id; then the second token of the first
        # target is taken for the end.
        model = model_of(attends)
        free = model.write(SOURCE, START, N_WRITTEN, 6)
        end = free[0, 1].item()
        written = model.write(SOURCE, START, end, 6)
        for row in range(B):
            n_before = free[row].tolist().index(end) if end in free[row] else 6
            assert written[row, :n_before].tolist() == free[row, :n_before].tolist()
            assert (written[row, n_before:] == end).all()
        assert (written[1:] != end).any()  # else this shows nothing

    @either_kind
    def test_stops_when_all_have_ended(self, attends):
        model = model_of(attends)
        model.decoder.b_out.data[END] = 1e6
        assert model.write(SOURCE, START, END, 8).tolist() == [[END]] * B
        model.decoder.b_out.data[[END, 5]] = torch.tensor([0.0, 1e6], dtype=torch.float64)
        assert model.write(SOURCE, START, END, 3).tolist() == [[5] * 3] * B

    @either_kind
    @pytest.mark.parametrize(
        ("start_id", "n_new_tokens", "message"),
        [
            (N_WRITTEN, 4, "4 tokens from token 9"),
            (-1, 4, "from token -1"),
            (START, 0, "cannot write 0 tokens"),
        ],
    )
    def test_what_cannot_be_written_is_refused(self, attends, start_id, n_new_tokens, message):
        with pytest.raises(ValueError, match=message):
            model_of(attends).write(SOURCE, start_id, END, n_new_tokens)


N_LETTERS, LONGEST = 60, 10


def reversals(batch_size, generator):
    """Random strings and their mirror images, padded; letters come after START and END."""
    n_letters = torch.randint(1, LONGEST + 1, (batch_size, 1), generator=generator)
    position = torch.arange(LONGEST)
    mask = position < n_letters
    letters = torch.randint(2, 2 + N_LETTERS, (batch_size, LONGEST), generator=generator)
    source = letters.masked_fill(~mask, END)
    mirrored = (n_letters - 1 - position).clamp(min=0)
    target = source.gather(1, mirrored).masked_fill(~mask, END)
    return source, mask, F.pad(target, (0, 1), value=END), mirrored


def reversal_loss(model, batch):
    source, mask, target, _ = batch
    told = F.pad(target[:, :-1], (1, 0), value=START)
    counts = F.pad(mask, (1, 0), value=True)  # the letters and one end token
    return F.cross_entropy(model(source, told, mask).logits[counts], target[counts])


def learn_to_reverse(attends, seed):
    """Return the shares of strings reversed without a fault and of rows on the anti-diagonal."""
    generator = torch.Generator().manual_seed(seed)
    sizes = {"source_vocab_size": 2 + N_LETTERS, "target_vocab_size": 2 + N_LETTERS}
    model = Seq2Seq(Seq2SeqConfig(**sizes, d_model=32, attends=attends), generator)
    train(
        model,
        (reversals(64, generator) for _ in range(700)),
        reversal_loss,
        torch.optim.Adam(model.parameters(), lr=0.01),
        n_steps=700,
        schedule=linear_decay(700, 20),
    )
    source, mask, target, mirrored = reversals(500, generator)
    written = model.write(source, START, END, LONGEST + 1, mask)
    written = F.pad(written, (0, LONGEST + 1 - written.shape[1]), value=END)
    exact = (written == target).all(-1).double().mean().item()
    if not attends:
        return exact, None
    weights = model(source, F.pad(target[:, :-1], (1, 0), value=START), mask).weights
    looks_at_its_mirror = weights[:, :LONGEST].argmax(-1) == mirrored
    return exact, looks_at_its_mirror[mask].double().mean().item()


@pytest.mark.slow
def test_with_attention_it_learns_to_reverse_and_looks_where_the_letter_stands(monkeypatch):
    # Of seeds 0 to 5 the worst gave 0.990 and 0.985. With 10 letters in place of 60 a state can
    # tell its neighbours' letters too, and where it looks blurs: 0.86 to 0.95 over three seeds.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    exact, on_the_anti_diagonal = learn_to_reverse(attends=True, seed=0)
    assert exact > 0.95
    assert on_the_anti_diagonal > 0.95


@pytest.mark.slow
def test_without_attention_it_learns_less_from_as_many_steps(monkeypatch):
    # Seeds 0 to 2 gave 0.29 to 0.33.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    exact, _ = learn_to_reverse(attends=False, seed=0)
    assert exact < 0.6
