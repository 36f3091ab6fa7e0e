from autograder.judge.seeds import derive_seed


class TestDeriveSeed:
    def test_is_the_same_in_every_process(self):
        # sha256 of "str:class\x1fint:1", its first eight bytes as a big-endian number
        assert derive_seed("class", 1) == 0x775C9053FC0912AC

    def test_every_part_counts(self):
        parts = [("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"), ("1",), (1,), ()]
        assert len({derive_seed(*one) for one in parts}) == len(parts)
