"""How Moodle calls the folders that it lets download."""

import re


def folder_name(name: str, number: str) -> str:
    """Give the beginning of the folder of a person or a group.

    As `get_student_prefix` in Moodle's `mod/assign/classes/downloader.php` makes it, with what
    `PARAM_FILE` in `lib/moodlelib.php` leaves of a name.

    Args:
        name: Full name of a person, Moodle's word for participants where marking is blind, or the
            name of a group.
        number: Moodle's number of them.
    """
    safe = re.sub(r"""[\x00-\x1f\x7f&<>"`|':\\/]""", "", name.replace("_", " ").strip())
    return f"{safe}_{number}"
