import zipfile

from autograder.classroom.folder import ClassFolder
from autograder.classroom.publishing import pack_feedback


def test_one_page_a_learner_and_the_same_archive_for_the_same_pages(tmp_path):
    folder = ClassFolder(tmp_path, "ch99_small")
    for learner in ("bob", "Ada Lovelace_12", "left the class"):
        folder.feedback(learner).parent.mkdir(parents=True, exist_ok=True)
        folder.feedback(learner).write_text(f"for {learner}")
    path = pack_feedback(folder, ["bob", "Ada Lovelace_12"])
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["Ada Lovelace_12.html", "bob.html"]
        assert archive.read("bob.html") == b"for bob"
    before = path.read_bytes()
    assert pack_feedback(folder, ["Ada Lovelace_12", "bob"]).read_bytes() == before
    assert sorted(one.name for one in folder.chapter.iterdir()) == ["feedback", "feedback.zip"]
