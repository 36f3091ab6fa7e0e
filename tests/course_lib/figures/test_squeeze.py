"""What is left out of a module, and what is not touched."""

import pytest

from course_lib.figures.squeeze import squeeze


@pytest.mark.parametrize(
    ("source", "squeezed"),
    [
        ("const a = 1; // why\n", "const a=1;\n"),
        ("/** What.\n * More. */\nconst a = 1;", "const a=1;\n"),
        ("if (a) {\n  b( c , [ d ] );\n\n\n}\n", "if(a){\nb(c,[d]);\n}\n"),
        ('const url = "a // b  {  }";', 'const url="a // b  {  }";\n'),
        ("const quote = 'it\\'s  { so }';", "const quote='it\\'s  { so }';\n"),
        (
            "const t = `a  ${ f(`b  ${ { c } }`) }  // d`;",
            "const t=`a  ${ f(`b  ${ { c } }`) }  // d`;\n",
        ),
        ("const t = `\\`  {  `;", "const t=`\\`  {  `;\n"),
        ('const t = `"` + "`  {";', 'const t=`"` + "`  {";\n'),
        ('x.match(/["/ ]  { 2 }/g);', 'x.match(/["/ ]  { 2 }/g);\n'),
        ("return /a  ; b/.test(x);", "return /a  ; b/.test(x);\n"),
        ("const half = a / b / c; // x / y", "const half=a / b / c;\n"),
        ("const half = (a) / b; const q = '/';", "const half=(a)/ b;const q='/';\n"),
        ("a - -b + +c", "a - -b + +c\n"),
        ("a - 1 > -b", "a - 1>-b\n"),
        ("let f = async () => ({ a, ...b });", "let f=async()=>({a,...b});\n"),
        ("return\n  [a]", "return\n[a]\n"),  # the line break ends the statement
        ("a = b /* c */ d", "a=b d\n"),
    ],
)
def test_only_what_no_browser_needs_is_left_out(source, squeezed):
    assert squeeze(source) == squeezed
    assert squeeze(squeezed) == squeezed


def test_a_template_without_an_end_is_refused():
    with pytest.raises(ValueError, match="a template literal has no end: '`a"):
        squeeze("const t = `a ${b}")
