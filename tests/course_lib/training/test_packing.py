import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.attention_context import AttentionContext
from course_lib.decoder import build_decoder
from course_lib.training.packing import NO_DOCUMENT, document_mask, pack_rows

END, PADDING = 98, 99
DOCUMENTS = st.lists(st.lists(st.integers(0, 90), max_size=9), max_size=6)


class TestPackRows:
    def test_hand_worked_case(self):
        packed = pack_rows([[1, 2, 3], [4], []], seq_len=4, end=END, padding=PADDING)
        assert packed.token_ids.tolist() == [[1, 2, 3, END], [4, END, END, PADDING]]
        assert packed.documents.tolist() == [[0, 0, 0, 0], [1, 1, 2, NO_DOCUMENT]]
        assert packed.places.tolist() == [[0, 1, 2, 3], [0, 1, 0, 0]]
        assert packed.is_counted.tolist() == [
            [True, True, True, False],
            [True, False, False, False],
        ]

    def test_a_long_document_runs_on_and_its_places_begin_anew(self):
        packed = pack_rows([[5, 6, 7, 8, 9]], seq_len=4, end=END, padding=PADDING)
        assert packed.token_ids.tolist() == [[5, 6, 7, 8], [9, END, PADDING, PADDING]]
        assert packed.documents.tolist() == [[0, 0, 0, 0], [0, 0, -1, -1]]
        assert packed.places.tolist() == [[0, 1, 2, 3], [0, 1, 0, 1]]

    def test_the_last_token_of_a_document_and_padding_predict_nothing(self):
        packed = pack_rows([[1], [2, 3], []], seq_len=8, end=END, padding=PADDING)
        assert packed.documents.tolist() == [[0, 0, 1, 1, 1, 2, -1, -1]]
        counted = [True, False, True, True, False, False, False, False]
        assert packed.is_counted.tolist() == [counted]

    @given(DOCUMENTS, st.integers(1, 7))
    def test_nothing_is_lost_and_nothing_is_wasted(self, documents, seq_len):
        packed = pack_rows(documents, seq_len, END, PADDING)
        owners, tokens = packed.documents.flatten(), packed.token_ids.flatten()
        for number, document in enumerate(documents):
            assert tokens[owners == number].tolist() == [*document, END]
        n_tokens = sum(len(document) + 1 for document in documents)
        assert packed.token_ids.shape == (-(-n_tokens // seq_len), seq_len)
        assert (tokens[owners == NO_DOCUMENT] == PADDING).all()

    @given(DOCUMENTS, st.integers(1, 7))
    def test_a_place_is_the_number_of_keys_before(self, documents, seq_len):
        packed = pack_rows(documents, seq_len, END, PADDING)
        visible = document_mask(packed.documents).sum(dim=2)
        is_token = packed.documents != NO_DOCUMENT
        assert torch.equal(packed.places[is_token] + 1, visible[is_token])

    def test_rows_of_no_length_are_refused(self):
        with pytest.raises(ValueError, match="seq_len=0"):
            pack_rows([[1]], seq_len=0, end=END, padding=PADDING)


class TestDocumentMask:
    def test_matches_loops(self):
        documents = torch.tensor([[0, 0, 1, 1, 1], [1, 2, 2, -1, -1]])
        mask = document_mask(documents)
        assert mask.shape == (2, 5, 5)
        for n in range(2):
            for i in range(5):
                for j in range(5):
                    same = documents[n, i] == documents[n, j] != NO_DOCUMENT
                    assert mask[n, i, j] == (bool(same) and j <= i)

    def test_padding_looks_at_nothing(self):
        assert not document_mask(torch.tensor([[3, -1, -1]]))[0, 1:].any()

    def test_a_document_in_a_packed_row_is_what_it_is_alone(self):
        first, second = [4, 0, 7, 7, 2], [1, 9, 3]
        packed = pack_rows([first, second], seq_len=10, end=10, padding=11)
        decoder = build_decoder(
            vocab_size=12, d_model=12, n_heads=3, n_layers=2, d_ff=8, positions="none", spread=0.5
        ).double()
        context = AttentionContext(mask=document_mask(packed.documents).unsqueeze(1))
        x = decoder.embed(packed.token_ids)
        for block in decoder.blocks:
            x = block(x, context).x
        for document, begin in ((first, 0), (second, 6)):
            alone = decoder.embed(torch.tensor([[*document, 10]]))
            for block in decoder.blocks:
                alone = block(alone, AttentionContext(is_causal=True)).x
            torch.testing.assert_close(
                x[:, begin : begin + len(document) + 1], alone, rtol=1e-12, atol=1e-12
            )
