import pytest
import torch

from course_lib.agents.cell_index import CellIndex, recall_against_exact

N, E, C = 60, 5, 7


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def vectors(n=N, seed=1):
    return torch.randn(n, E, generator=generator(seed), dtype=torch.float64)


def test_two_heaps_by_hand():
    # Two heaps at a right angle; the query leans to the first, and only its cell is looked into.
    heaps = torch.tensor([[2.0, 0.2], [1.0, 0.0], [0.0, 3.0], [0.1, 1.0], [1.0, 0.1]])
    index = CellIndex.of(heaps, 2, generator())
    assert sorted(cell.tolist() for cell in index.cells) == [[0, 1, 4], [2, 3]]
    found = index.search(torch.tensor([1.0, 0.0]), 5, 1)
    assert found.numbers[0] == 1
    assert set(found.numbers) == {0, 1, 4}
    assert found.n_compared == 2 + 3  # two centres, three vectors


def test_all_cells_are_the_exact_search():
    index = CellIndex.of(vectors(), C, generator())
    for query in vectors(4, seed=2):
        by_loop = sorted(
            range(N), key=lambda n: -torch.cosine_similarity(vectors()[n], query, dim=0).item()
        )
        found = index.search(query, 8, C)
        assert found.numbers == by_loop[:8]
        assert found.n_compared == C + N


def test_every_vector_lies_in_the_cell_of_its_nearest_centre():
    index = CellIndex.of(vectors(), C, generator())
    assert sorted(torch.cat(index.cells).tolist()) == list(range(N))
    torch.testing.assert_close(index.vectors.norm(dim=1), torch.ones(N, dtype=torch.float64))
    torch.testing.assert_close(index.centres.norm(dim=1), torch.ones(C, dtype=torch.float64))
    for cell, members in enumerate(index.cells):
        assert ((index.vectors[members] @ index.centres.T).argmax(dim=1) == cell).all()


def test_centres_are_the_directions_of_their_cells():
    index = CellIndex.of(vectors(), 3, generator())
    for centre, members in zip(index.centres, index.cells, strict=True):
        mean = index.vectors[members].mean(dim=0)
        torch.testing.assert_close(centre, mean / mean.norm())


def test_more_cells_never_lose_what_fewer_found():
    index = CellIndex.of(vectors(), C, generator())
    for query in vectors(6, seed=3):
        exact = index.search(query, 5, C).numbers
        recalls = [
            recall_against_exact(index.search(query, 5, n).numbers, exact) for n in range(1, C + 1)
        ]
        assert recalls == sorted(recalls)
        assert recalls[-1] == 1


def test_a_cell_that_empties_keeps_its_centre():
    same = torch.ones(4, 2, dtype=torch.float64)
    index = CellIndex.of(same, 3, generator())
    assert sorted(len(cell) for cell in index.cells) == [0, 0, 4]
    assert index.centres.isfinite().all()
    assert sorted(index.search(same[0], 4, 3).numbers) == [0, 1, 2, 3]


def test_recall_counts_what_was_found():
    assert recall_against_exact([4, 9, 1], [1, 2, 4, 7]) == 0.5


@pytest.mark.parametrize("n_cells", [0, N + 1])
def test_cells_that_cannot_be_filled_are_refused(n_cells):
    with pytest.raises(ValueError, match=f"{N} vectors do not fill {n_cells} cells"):
        CellIndex.of(vectors(), n_cells, generator())


@pytest.mark.parametrize(("n_hits", "n_probed"), [(0, 1), (1, 0), (1, C + 1)])
def test_a_search_for_nothing_is_refused(n_hits, n_probed):
    with pytest.raises(ValueError, match=f"do not fit {C} cells"):
        CellIndex.of(vectors(), C, generator()).search(vectors()[0], n_hits, n_probed)


def test_recall_without_exact_hits_is_refused():
    with pytest.raises(ValueError, match="found nothing"):
        recall_against_exact([1], [])
