"""A chapter's buttons: its notebook always, services only where a repository is named."""

from types import SimpleNamespace

import pytest
import student_notebooks

from tests.book.small_site import build, settings_of_the_book


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    (tmp_path / "ch02_self_attention.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(student_notebooks, "NOTEBOOKS", tmp_path)
    return tmp_path


def buttons_on(pagename: str, **options: str) -> list[dict]:
    app = SimpleNamespace(config=SimpleNamespace(html_theme_options=options))
    context = {"header_buttons": [], "pathto": lambda name, resource: f"../{name}"}
    student_notebooks.add_buttons(app, pagename, "page.html", context, None)
    return [button for group in context["header_buttons"] for button in group["buttons"]]


def test_a_chapter_offers_its_notebook_and_nothing_elsewhere(notebooks) -> None:
    (button,) = buttons_on("chapters/ch02_self_attention", repository_url="")
    assert button["url"] == "../notebooks/ch02_self_attention.ipynb"


def test_the_capstone_offers_its_notebook(notebooks) -> None:
    (notebooks / "capstone_mini_gpt.ipynb").write_text("{}", encoding="utf-8")
    (button,) = buttons_on("chapters/capstone_mini_gpt", repository_url="")
    assert button["url"] == "../notebooks/capstone_mini_gpt.ipynb"


def test_an_appendix_offers_its_notebook(notebooks) -> None:
    (notebooks / "pytorch_refresher.ipynb").write_text("{}", encoding="utf-8")
    (button,) = buttons_on("chapters/pytorch_refresher", repository_url="")
    assert button["url"] == "../notebooks/pytorch_refresher.ipynb"


def test_a_repository_adds_launch_links(notebooks) -> None:
    url = "https://github.com/owner/name/"
    addresses = [b["url"] for b in buttons_on("chapters/ch02_self_attention", repository_url=url)]
    assert addresses[1:] == [
        "https://colab.research.google.com/github/owner/name/blob/main/notebooks/ch02_self_attention.ipynb",
        "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/notebooks/ch02_self_attention.ipynb",
    ]


@pytest.mark.parametrize(("url", "shown"), [("", False), ("https://github.com/owner/name", True)])
def test_the_link_to_the_repository_follows_the_same_switch(url: str, shown: bool) -> None:
    config = SimpleNamespace(html_theme_options={"repository_url": url})
    student_notebooks.show_repository(None, config)
    assert config.html_theme_options["use_repository_button"] is shown


def test_a_built_page_links_to_the_repository_only_when_one_is_named(tmp_path) -> None:
    settings = (
        'extensions = ["myst_parser", "sphinx_book_theme", "student_notebooks"]\n'
        'html_theme = "sphinx_book_theme"\nhtml_theme_options = {{"repository_url": "{url}"}}\n'
    )
    url = "https://github.com/owner/name"
    for folder, named in [("with", url), ("without", "")]:
        (tmp_path / folder).mkdir()
        done = build(tmp_path / folder, "# Page\n\nText.\n", settings.format(url=named))
        assert done.returncode == 0, done.stderr
        html = (tmp_path / folder / "html" / "index.html").read_text(encoding="utf-8")
        assert (f'href="{url}"' in html) is bool(named)


@pytest.mark.parametrize(
    "pagename", ["index", "howto/learner", "chapters/ch03_unwritten", "chapters/live_figures"]
)
def test_other_pages_get_none(notebooks, pagename: str) -> None:
    assert buttons_on(pagename) == []


def test_notebooks_of_the_chapters_are_copied(notebooks, tmp_path) -> None:
    out = tmp_path / "html"
    out.mkdir()
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"),
        outdir=out,
        env=SimpleNamespace(found_docs={"index", "chapters/ch02_self_attention"}),
    )
    student_notebooks.copy_notebooks(app, None)
    assert [p.name for p in (out / "notebooks").iterdir()] == ["ch02_self_attention.ipynb"]


def test_the_theme_offers_no_executed_page_in_place_of_it() -> None:
    assert settings_of_the_book()["html_theme_options"]["use_download_button"] is False
