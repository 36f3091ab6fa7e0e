import pytest

from course_lib.models.public_config import PublicConfig, read_config
from tests.course_lib.models.public_folder import write_config

CONFIG = PublicConfig(
    {
        "n_layer": 3,
        "n_inner": None,
        "theta": 10_000,
        "eps": 1e-5,
        "tied": True,
        "act": "gelu",
        "text_config": {"n_layer": 4},
        "layers": ["full"],
    }
)


class TestPublicConfig:
    def test_gives_what_is_there(self):
        assert CONFIG.size("n_layer") == 3
        assert CONFIG.number("eps") == 1e-5
        assert CONFIG.flag("tied") is True
        assert CONFIG.one_of("act", {"gelu": "exact", "relu": "bent"}) == "exact"
        assert CONFIG.part("text_config").size("n_layer") == 4

    def test_a_whole_number_is_a_number_too(self):
        theta = CONFIG.number("theta")
        assert theta == 10_000.0
        assert isinstance(theta, float)

    @pytest.mark.parametrize("name", ["n_inner", "nowhere"])
    def test_null_and_left_out_mean_the_default(self, name):
        assert not CONFIG.says(name)
        assert CONFIG.size(name, default=7) == 7
        assert CONFIG.number(name, default=0.5) == 0.5
        assert CONFIG.flag(name, default=False) is False
        assert CONFIG.one_of(name, {"gelu": 1}, default="gelu") == 1
        assert CONFIG.part(name).settings == {}

    def test_what_is_there_goes_before_the_default(self):
        assert CONFIG.says("n_layer")
        assert CONFIG.size("n_layer", default=7) == 3
        assert CONFIG.flag("tied", default=False) is True

    @pytest.mark.parametrize("name", ["n_inner", "nowhere"])
    def test_what_must_be_said_and_is_not_is_named(self, name):
        for ask in (CONFIG.size, CONFIG.number, CONFIG.flag, lambda n: CONFIG.one_of(n, {})):
            with pytest.raises(ValueError, match=rf"config\.json does not say {name}"):
                ask(name)

    @pytest.mark.parametrize("value", [0, -1, 2.5, "3", True, [3]])
    def test_a_size_is_a_whole_number_above_0(self, value):
        with pytest.raises(ValueError, match="n must be a whole number above 0, got "):
            PublicConfig({"n": value}).size("n")

    @pytest.mark.parametrize("value", ["3", False, [3]])
    def test_a_number_is_a_number(self, value):
        with pytest.raises(ValueError, match="eps must be a number, got "):
            PublicConfig({"eps": value}).number("eps")

    @pytest.mark.parametrize("value", ["true", 1, []])
    def test_a_flag_is_true_or_false(self, value):
        with pytest.raises(ValueError, match="tied must be true or false, got "):
            PublicConfig({"tied": value}).flag("tied")

    @pytest.mark.parametrize("value", ["relu", ["gelu"], {"a": 1}, 3])
    def test_a_value_that_is_not_supported_is_named_with_those_that_are(self, value):
        config = PublicConfig({"act": value})
        for ask in (
            lambda: config.one_of("act", {"gelu": 1, "gelu_new": 2}),
            lambda: config.must_be("act", "gelu", "gelu_new"),
        ):
            with pytest.raises(
                ValueError, match=r"act=.* is not supported, only 'gelu', 'gelu_new'"
            ):
                ask()

    def test_what_must_be_may_be_left_out(self):
        CONFIG.must_be("n_inner", 5)
        CONFIG.must_be("nowhere", 5)
        CONFIG.must_be("act", "relu", "gelu")

    def test_a_part_says_where_it_stands(self):
        with pytest.raises(ValueError, match=r"config\.json, text_config does not say n_head"):
            CONFIG.part("text_config").size("n_head")
        with pytest.raises(ValueError, match="layers must be an object"):
            CONFIG.part("layers")


class TestReadConfig:
    def test_reads_the_settings(self, tmp_path):
        write_config(tmp_path, {"model_type": "bert", "hidden_size": 5})
        assert read_config(tmp_path, "roberta", "bert").size("hidden_size") == 5

    def test_another_type_of_model_is_refused(self, tmp_path):
        write_config(tmp_path, {"model_type": "t5"})
        with pytest.raises(
            ValueError, match="model_type='t5' is not supported, only 'gpt2', 'bert'"
        ):
            read_config(tmp_path, "gpt2", "bert")

    def test_a_folder_without_it_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=rf"no config\.json in {tmp_path}"):
            read_config(tmp_path, "bert")

    @pytest.mark.parametrize(
        ("text", "message"), [("{", "is not JSON"), ("[1]", "holds no object but a list")]
    )
    def test_what_is_no_object_is_refused(self, tmp_path, text, message):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            read_config(tmp_path, "bert")
