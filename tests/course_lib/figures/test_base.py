"""The common part of live figures: joining modules, words in place of a picture."""

import importlib
import re
import runpy
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import traitlets

import course_lib.figures
from course_lib.figures.base import MAX_MODULE_BYTES, Figure, Preset, compose_module

FOLDER = Path(course_lib.figures.__file__).parent
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
SHARED = {"base", "formats", "number_field", "powers"}  # ES modules that are no figure


def figures_of_the_folder() -> list[type[Figure]]:
    """Return the class of each figure: a module with an ES module of its name beside it."""
    names = [path.stem for path in sorted(FOLDER.glob("*.js")) if path.stem not in SHARED]
    modules = [importlib.import_module(f"course_lib.figures.{name}") for name in names]
    return [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Figure)
        and each.__module__ == module.__name__
    ]


FIGURES = figures_of_the_folder()

CLOCK_JS = """import { figure, h } from "./base.js";
export default figure(({ body }) => ({ draw() {}, summary: () => "noon", tables: () => [] }));
"""


@pytest.fixture
def clock_class(tmp_path):
    """A figure of three lines, as CONTRIBUTING would show one."""
    (tmp_path / "clock.py").write_text(
        "from course_lib.figures.base import Figure\nclass Clock(Figure):\n    pass\n"
    )
    (tmp_path / "clock.js").write_text(CLOCK_JS)
    shutil.copy(FOLDER / "base.js", tmp_path)
    sys.path.insert(0, str(tmp_path))
    try:
        import clock

        yield clock.Clock
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("clock", None)


def write(folder, **sources):
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return (folder / "main.js").resolve()


class TestComposeModule:
    def test_what_is_imported_comes_first_and_once_its_exports_plain_names(self, tmp_path):
        main = write(
            tmp_path,
            base="export const hello = () => 1;\nexport function two() {}\n",
            part='import { two } from "./base.js";\nexport class Part { two = two; }\n',
            main='import { hello } from "./base.js";\nimport { Part } from "./part.js";\n'
            "export default { render: hello, Part };\n",
        )
        assert compose_module(main) == (
            "const hello=()=>1;\nfunction two(){}\nclass Part{two=two;}\n"
            "export default{render:hello,Part};\n"
        )

    def test_a_module_in_a_folder_may_import_from_above(self, tmp_path):
        (tmp_path / "parts").mkdir()
        write(tmp_path / "parts", one='import { up } from "../up.js";\nexport const one = up;\n')
        main = write(
            tmp_path,
            up="export const up = 1;\n",
            main='import { one } from "./parts/one.js";\nexport default one;\n',
        )
        assert compose_module(main) == "const up=1;\nconst one=up;\nexport default one;\n"

    def test_a_missing_module_is_named_with_the_one_that_needs_it(self, tmp_path):
        main = write(tmp_path, main='import { a } from "./other.js";\nexport default a;\n')
        with pytest.raises(FileNotFoundError, match=r"other\.js is missing; main\.js needs it"):
            compose_module(main)

    def test_a_call_of_from_is_no_import(self, tmp_path):
        main = write(tmp_path, main="export const x = Array.from([1]);\nexport default x;\n")
        assert "Array.from([1])" in compose_module(main)

    @pytest.mark.parametrize(
        "stray",
        [
            'import d3 from "https://cdn.example/d3.js";',
            'import { select } from "https://cdn.example/d3.js";',
            'export { x } from "./other.js";',
            'import * as base from "./base.js";',
            "export * from './other.js';",
        ],
    )
    def test_any_other_import_is_refused_and_shown(self, tmp_path, stray):
        main = write(tmp_path, main=f"{stray}\nexport default {{}};\n")
        with pytest.raises(ValueError, match=r"main\.js: write an import as import") as refused:
            compose_module(main)
        assert stray in str(refused.value)


class TestFigureClass:
    def test_the_module_beside_the_file_is_joined_to_the_shared_one(self, clock_class):
        shown = clock_class(title="Noon")
        assert "function fixed(" in shown._esm
        assert shown._esm.endswith(
            'export default figure(({body})=>({draw(){},summary:()=>"noon",tables:()=>[]}));\n'
        )
        assert ".cf {" in shown._css

    def test_a_figure_without_a_module_is_refused(self, tmp_path):
        lonely = tmp_path / "lonely.py"
        lonely.write_text(
            "from course_lib.figures.base import Figure\nclass Lonely(Figure):\n    pass\n"
        )
        with pytest.raises(FileNotFoundError, match=r"lonely\.js is missing"):
            runpy.run_path(str(lonely), run_name="lonely")

    def test_a_module_over_the_limit_is_refused(self, tmp_path):
        (tmp_path / "heavy.js").write_text(
            f'export default {{}};\nconst ballast = "{"x" * MAX_MODULE_BYTES}";'
        )
        heavy = tmp_path / "heavy.py"
        heavy.write_text(
            "from course_lib.figures.base import Figure\nclass Heavy(Figure):\n    pass\n"
        )
        with pytest.raises(ValueError, match=rf"heavy\.js .* keep them under {MAX_MODULE_BYTES}"):
            runpy.run_path(str(heavy), run_name="heavy")


class DialFigure(Figure):
    """A figure without a module, for its traits."""

    _esm, _css = "export default {};", ""
    angle = traitlets.Float(30.0, max=360.0).tag(sync=True)
    name = traitlets.Unicode("dial").tag(sync=True)
    secret = traitlets.Int(0)


@pytest.fixture
def dial():
    return DialFigure(title="Dial")


class TestPresets:
    def test_every_button_sets_all_that_any_of_them_sets(self, dial):
        dial.offer(
            "It points up right.",
            [
                Preset("Down", "Now down.", {"angle": 180.0}),
                Preset("Named", "Who is Bob?", {"name": "Bob"}, asks=True),
            ],
            restored=["table_open"],
        )
        assert dial.presets == [
            {
                "label": label,
                "see": see,
                "asks": see.endswith("?"),
                "values": {"table_open": False, "angle": angle, "name": name},
            }
            for label, see, angle, name in (
                ("Start", "It points up right.", 30.0, "dial"),
                ("Down", "Now down.", 180.0, "dial"),
                ("Named", "Who is Bob?", 30.0, "Bob"),
            )
        ]
        assert (dial.angle, dial.name) == (30.0, "dial")

    @pytest.mark.parametrize("name", ["secret", "missing"])
    def test_what_the_page_does_not_know_cannot_be_set(self, dial, name):
        with pytest.raises(ValueError, match=f"a preset sets “{name}”, which DialFigure does not"):
            dial.offer("", [Preset("Odd", "", {name: 1})])

    def test_a_value_that_does_not_fit_is_refused_and_nothing_changed(self, dial):
        with pytest.raises(traitlets.TraitError):
            dial.offer("", [Preset("Far", "", {"name": "Bob", "angle": 361.0})])
        assert (dial.angle, dial.name, dial.presets) == (30.0, "dial", [])


class TestWords:
    def test_an_output_carries_the_words_beside_the_widget(self, clock_class):
        data, _ = clock_class(title="Noon", description="Both hands point up.")._repr_mimebundle_()
        assert data["text/plain"] == "Noon. Both hands point up."
        assert "application/vnd.jupyter.widget-view+json" in data

    def test_a_page_without_scripts_gets_the_words_escaped(self, clock_class, monkeypatch):
        shown = []
        monkeypatch.setattr(
            "course_lib.figures.base.display", lambda item, **options: shown.append((item, options))
        )
        clock_class(title="a < b", description="<script>alert(1)</script>")._ipython_display_()
        (_, widget_options), (fallback, _) = shown
        assert widget_options["raw"] is True
        tags = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attributes: tags.append(tag)
        parser.feed(fallback.data)
        assert tags == ["noscript", "p"]
        assert "a &lt; b. &lt;script&gt;" in fallback.data


@pytest.mark.parametrize("figure_class", FIGURES)
class TestEveryFigure:
    def test_the_folder_has_figures(self, figure_class):
        assert "AttentionExplorer" in [each.__name__ for each in FIGURES]

    def test_the_module_stands_alone_and_is_small(self, figure_class):
        assert issubclass(figure_class, Figure)
        assert len(figure_class._esm.encode()) < MAX_MODULE_BYTES
        # One figure fetches a file of the site, whose name Python gives it.
        fetched = "XMLHttpRequest" if "file" in figure_class.class_traits() else r"\bfetch\("
        assert not re.search(
            rf"^\s*import\b|\bimport\(|{fetched}|XMLHttpRequest", figure_class._esm, re.M
        )

    def test_no_other_host_is_named(self, figure_class):
        for source in (figure_class._esm, figure_class._css):
            rest = source.replace(SVG_NAMESPACE, "")
            assert not re.search(r"https?:|url\(|@import|//[a-z]+\.[a-z]", rest)

    def test_data_never_becomes_markup(self, figure_class):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", figure_class._esm
        )

    def test_the_text_survives_inside_a_script_element(self, figure_class):
        for source in (figure_class._esm, figure_class._css):
            assert "</script" not in source.lower()
            assert "<!--" not in source
