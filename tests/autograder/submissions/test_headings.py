from autograder.submissions.headings import heading_of


def test_the_first_line_without_its_marks_is_the_title():
    assert heading_of("### Exercise: `stable_softmax`\n\nWrite it.") == "stable_softmax"
    assert heading_of("### In your own words\n\n# not this") == "In your own words"
    assert heading_of("written") == "written"
