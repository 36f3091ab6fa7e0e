"""What every live figure shares: its module, its title, its words and its table.

A live figure is a Python class with an ES module of the same name beside it: `clock.py` and
`clock.js`, and `clock.css` if it needs one. Both the Jupyter front ends and the static page run
that module; nothing else is loaded, from nowhere. A figure's module says

    import { figure } from "./base.js";
    export default figure((frame) => ({ draw() { … }, summary: () => "…", tables: () => [{…}] }));

and `Figure` joins what it imports to it, because a widget's module must stand alone.
"""

import html
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import HTML, display

from course_lib.figures.squeeze import squeeze

# Every figure on a page carries a copy of its module: this keeps pages light.
MAX_MODULE_BYTES = 30_000

_SHARED_SHEET = Path(__file__).with_name("base.css")
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]*)";\n', flags=re.MULTILINE)
_STRAY_IMPORT = re.compile(r"^ *(?:import\b|export\b.*\bfrom *[\"']).*", flags=re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|function|class)", flags=re.MULTILINE)


def compose_module(module: Path) -> str:
    """Join a module and the modules that it imports from beside it into one that imports nothing.

    Comments and needless spaces stay behind: every figure on a page carries a copy.

    Args:
        module: The figure's module. Imports have the form `import { figure } from "./base.js";`.

    Returns:
        The source of one ES module, in which the exports of the others are plain names.

    Raises:
        FileNotFoundError: A module is missing.
        ValueError: An import has another form, or leads somewhere else than to a file.
    """
    joined: dict[Path, str] = {}

    def join(path: Path) -> None:
        source = path.read_text(encoding="utf-8")
        joined[path] = ""  # seen: a module is joined once
        for name in _IMPORT.findall(source):
            if (imported := (path.parent / name).resolve()) not in joined:
                _check_is_there(imported, path)
                join(imported)
        rest = _IMPORT.sub("", source)
        if stray := _STRAY_IMPORT.search(rest):
            raise ValueError(
                f'{path.name}: write an import as import {{ name }} from "./file.js"; '
                f"not as: {stray[0].strip()}"
            )
        del joined[path]  # what it imports comes before it
        joined[path] = rest if path == module else _EXPORT.sub("", rest)

    join(module)
    return squeeze("\n".join(joined.values()))


def _check_is_there(module: Path, imported_by: Path) -> None:
    if not module.is_file():
        raise FileNotFoundError(f"{module.name} is missing; {imported_by.name} needs it beside it")


@dataclass(frozen=True)
class Preset:
    """A state of a figure that is worth seeing, behind a button above it.

    Attributes:
        label: What the button says.
        see: What there is to see then, in one or two sentences.
        values: What differs from the start: traits of the figure by name.
        asks: Whether `see` asks to change something; it then stays while the reader does.
    """

    label: str
    see: str
    values: Mapping[str, object]
    asks: bool = False


class Figure(anywidget.AnyWidget):
    """A live figure with a title, words that say what it shows, and its numbers as a table.

    Attributes:
        title: One line above the figure.
        description: What the figure shows, for a reader who does not see it.
        table_open: Whether the table of numbers is unfolded.
        presets: The buttons above the figure, as `offer` writes them.
    """

    title = traitlets.Unicode().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    table_open = traitlets.Bool(default_value=False).tag(sync=True)
    presets = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - passed on untouched
        """Give the class the module and the style sheet that lie beside its file."""
        if "_esm" not in cls.__dict__:
            cls._esm, cls._css = _read_front_end(Path(inspect.getfile(cls)))
        super().__init_subclass__(**kwargs)

    def offer(self, see: str, presets: Sequence[Preset], restored: Sequence[str] = ()) -> None:
        """Put buttons above the figure: "Start" for its present state, and one for each preset.

        Every button sets all that any of them sets, so that what it shows does not depend on what
        the reader did before.

        Args:
            see: What there is to see, and what to try, in the present state.
            presets: The other states, in the order of their buttons.
            restored: Traits that the buttons bring back to their present value besides.

        Raises:
            ValueError: A preset names something that is not a trait of the page.
            traitlets.TraitError: A value does not fit its trait.
        """
        names = dict.fromkeys([*restored, *(name for each in presets for name in each.values)])
        for name in names:
            if name not in self.keys:
                raise ValueError(
                    f"a preset sets “{name}”, which {type(self).__name__} does not share with "
                    "the page"
                )
        at_start = {name: getattr(self, name) for name in names}
        for each in presets:
            self._check_fits(at_start | dict(each.values), at_start)
        self.presets = [
            {
                "label": each.label,
                "see": each.see,
                "asks": each.asks,
                "values": at_start | dict(each.values),
            }
            for each in (Preset("Start", see, {}), *presets)
        ]

    def _check_fits(self, values: Mapping[str, object], at_start: Mapping[str, object]) -> None:
        """Put values in and take them out again: their traits refuse what does not fit."""
        with self.hold_sync():
            try:
                for name, value in values.items():
                    setattr(self, name, value)
            finally:
                for name, value in at_start.items():
                    setattr(self, name, value)

    def text_alternative(self) -> str:
        """Say in plain text what the figure shows; figures with numbers add theirs."""
        return f"{self.title}. {self.description}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:  # noqa: ANN401
        """Show the words, not an object's address, where no widget can run."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = self.text_alternative()
        return bundle

    def _ipython_display_(self) -> None:
        """Show the figure, and for a page read without scripts the words in its place."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        words = html.escape(self.text_alternative()).replace("\n", "<br>")
        display(HTML(f"<noscript><p>{words}</p></noscript>"))


def _read_front_end(python_file: Path) -> tuple[str, str]:
    """Return the module and the style sheet of the figure that `python_file` defines."""
    module = python_file.with_suffix(".js").resolve()
    _check_is_there(module, python_file)
    esm = compose_module(module)
    if (size := len(esm.encode())) > MAX_MODULE_BYTES:
        raise ValueError(
            f"{module.name} and what it imports have {size} bytes; keep them under "
            f"{MAX_MODULE_BYTES}"
        )
    sheets = (_SHARED_SHEET, module.with_suffix(".css"))
    css = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.is_file())
    return esm, css
