"""Turn a chapter's MyST Markdown into the plain Markdown that every notebook program shows.

JupyterLab, VS Code and Colab know CommonMark, tables, TeX and a little HTML, but no directive and
no role. The forms that the chapters use are translated here; any other is refused, so that no
learner meets raw markup.
"""

import html
import re
from pathlib import Path

from nbformat import NotebookNode

from autograder.chapters.cells import ChapterError, folded
from autograder.chapters.plain_inline import Place, translate_inline
from autograder.chapters.references import EQUATION, collect

FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,}|:{3,})[ \t]*(.*)$")
DIRECTIVE = re.compile(r"^\{([\w:-]+)\}[ \t]*(.*)$")
OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*)$")
TARGET_LINE = re.compile(r"^\(([^()\s]+)\)=[ \t]*$")
COMMENT_LINE = re.compile(r"^%")
NOT_PLAIN_LINE = re.compile(r"^(?:\[\^[^\]]+\]:|:[ \t]+\S)")  # a footnote, a definition list
ADMONITIONS = {
    "attention": "Attention",
    "caution": "Caution",
    "danger": "Danger",
    "hint": "Hint",
    "important": "Important",
    "note": "Note",
    "seealso": "See also",
    "tip": "Tip",
    "warning": "Warning",
}


def make_plain(notebook: NotebookNode, book: Path) -> None:
    """Translate every Markdown cell of a chapter in place.

    Args:
        notebook: A chapter or an appendix as `autograder.source` reads it.
        book: Folder of the site's pages and bibliography.

    Raises:
        ChapterError: A form is not known, or what it points at is not there.
    """
    (slug,) = notebook.metadata["course"].values()  # a chapter's or an appendix's
    references = collect(notebook, book)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            try:
                cell.source = translate(cell.source, Place(references, number))
            except ChapterError as error:
                raise ChapterError(f"{slug}, cell {number}: {error}") from error


def translate(text: str, place: Place) -> str:
    """Translate one piece of MyST Markdown.

    Raises:
        ChapterError: A form is not known, or what it points at is not there.
    """
    lines = text.split("\n")
    done: list[str] = []
    prose: list[str] = []
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        if not fence:
            prose.append(lines[at])
            at += 1
            continue
        end = _end_of_fence(lines, at, fence[2])
        done += [_translate_prose("\n".join(prose), place)] if prose else []
        done.append(_translate_fence(lines[at : end + 1], fence, place))
        prose, at = [], end + 1
    done += [_translate_prose("\n".join(prose), place)] if prose else []
    return "\n".join(done).strip("\n")


def _end_of_fence(lines: list[str], start: int, marks: str) -> int:
    closing = re.compile(rf"^[ \t]*{marks[0]}{{{len(marks)},}}[ \t]*$")
    for at in range(start + 1, len(lines)):
        if closing.match(lines[at]):
            return at
    raise ChapterError(f"{lines[start].strip()!r} is never closed")


def _translate_fence(lines: list[str], fence: re.Match[str], place: Place) -> str:
    indent, marks, info = fence.groups()
    directive = DIRECTIVE.match(info)
    if not directive:
        if marks.startswith(":"):
            raise ChapterError(f"{lines[0].strip()!r} names no directive")
        return "\n".join(lines)  # a listing, to be shown as it stands
    body = [line.removeprefix(indent) for line in lines[1:-1]]
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2].strip()
        body.pop(0)
    block = _translate_directive(directive[1], directive[2], options, "\n".join(body), place)
    return "\n".join(indent + line if line else line for line in block.split("\n"))


def _translate_directive(
    name: str, argument: str, options: dict[str, str], body: str, place: Place
) -> str:
    if name in ADMONITIONS:
        title, body = ADMONITIONS[name], f"{argument}\n{body}"
    elif name in ("admonition", "dropdown"):
        title = translate(argument, place)
    else:
        raise ChapterError(
            f"the directive {{{name}}} has no plain form; use an admonition, or add it to "
            "autograder/chapters/plain_markdown.py"
        )
    inside = translate(body.strip("\n"), place)
    folded = name == "dropdown" or "dropdown" in options.get("class", "").split()
    return _folded(title, inside) if folded else _quoted(title, inside)


def _folded(title: str, body: str) -> str:
    # Markdown is not read inside the summary's line.
    summary = re.sub(r"`([^`]+)`", lambda code: f"<code>{html.escape(code[1])}</code>", title)
    return folded(summary, body)


def _quoted(title: str, body: str) -> str:
    # Jupyter cuts out mathematics before it reads Markdown: a '>' inside would become part of it.
    body = re.sub(r"\$\$.+?\$\$", lambda tex: " ".join(tex[0].split()), body, flags=re.DOTALL)
    lines = [f"**{title}**", "", *body.split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _translate_prose(text: str, place: Place) -> str:
    kept = []
    for line in text.split("\n"):
        target = TARGET_LINE.match(line)
        if NOT_PLAIN_LINE.match(line):
            raise ChapterError(f"{line.strip()!r}: footnotes and definition lists are not plain")
        if target and target[1] in place.references.pointed_at:
            kept.append(f'<a id="{html.escape(target[1])}"></a>\n')
        elif not target and not COMMENT_LINE.match(line):
            kept.append(line)
    text = EQUATION.sub(lambda found: _equation(found, place), "\n".join(kept))
    return translate_inline(text, place)


def _equation(found: re.Match[str], place: Place) -> str:
    indent, tex, label = found.groups()
    if not label:
        return found[0]
    number = place.references.equations[label]
    return f"{indent}$${tex.rstrip()} \\tag{{{number}}}\n{indent}$$"
