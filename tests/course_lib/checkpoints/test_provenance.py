import json
import re

from course_lib.checkpoints.provenance import origin, provenance
from course_lib.checkpoints.weights import FOLDER


def test_it_names_versions_machine_day_and_command():
    made = provenance("depth_runs")
    assert re.fullmatch(r"3\.\d+\.\d+", made["versions"]["python"])
    assert made["versions"]["torch"].startswith("2.")
    assert made["machine"].endswith(" CPU, one thread")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", made["date"])
    assert made["made_by"] == "python -m course_lib.checkpoints.depth_runs"


def test_the_origin_says_nothing_that_changes_from_day_to_day():
    assert origin("depth_runs").keys() == {"versions", "made_by"}
    assert origin("depth_runs").items() <= provenance("depth_runs").items()


def test_every_record_says_the_same_things_of_itself_and_names_the_module_that_writes_it():
    records = sorted(FOLDER.glob("*_runs.json"))
    assert len(records) >= 8
    for path in records:
        told = json.loads(path.read_text(encoding="utf-8"))
        module = told["made_by"].rpartition(".")[2]
        wanted = provenance(module)
        assert wanted.keys() <= told.keys(), path.name
        assert told["made_by"] == wanted["made_by"]
        source = FOLDER.joinpath(f"{module}.py").read_text(encoding="utf-8")
        assert f'"{path.name}"' in source, path.name
