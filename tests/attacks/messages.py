"""Messages to the judge that the codec would not write: values that lie about what they are."""

from tests.attacks.wire import answer

UNREADABLE = "the answer could not be read"


@answer(because=UNREADABLE)
def unknown_tag():
    """Uses a tag that the codec has not."""
    return """
        def double(x):
            say(raw(outcome(b'["pickle", "gASVBQAAAA=="]')))
    """


@answer(because=UNREADABLE)
def pickled():
    """Sends a pickle that would run a command where it is read."""
    return """
        import pickle

        class Run:
            def __reduce__(self):
                return os.system, ("touch $CANARY/owned-by-mallory",)

        def double(x):
            say(pickle.dumps(Run()))
    """


@answer(because=UNREADABLE)
def deep_nesting():
    """Nests a hundred thousand lists by hand, which the codec would not write."""
    return """
        def double(x):
            say(raw(outcome(b'["l",[' * 100_000 + b"]]" * 100_000)))
    """


@answer(because=UNREADABLE)
def integer_of_a_million_digits():
    """Sends an integer of a million digits, which take long to convert."""
    return """
        def double(x):
            say(raw(outcome(b'["i","0x' + b"f" * 1_000_000 + b'"]')))
    """


@answer(because=UNREADABLE)
def decimal_integer():
    """Sends an integer as JSON's own, a hundred thousand digits long."""
    return """
        def double(x):
            say(raw(outcome(b'["v",' + b"9" * 100_000 + b"]")))
    """


@answer(because=UNREADABLE)
def a_billion_buffers():
    """Announces four billion buffers in a message of a few bytes."""
    return """
        def double(x):
            tree = outcome(b'["b",0]')
            say(struct.pack("<II", len(tree), 0xFFFFFFFF) + tree)
    """


@answer(because=UNREADABLE)
def tensor_larger_than_its_bytes():
    """Sends a tensor of a trillion numbers with the bytes of one."""
    return """
        def double(x):
            say(raw(outcome(b'["T","float32",[1000000,1000000],0,false]'), [bytes(4)]))
    """


@answer(because=UNREADABLE)
def tensor_of_negative_size():
    """Sends a tensor whose sizes are negative, so that their product fits the bytes."""
    return """
        def double(x):
            say(raw(outcome(b'["T","float32",[-1,-1],0,false]'), [bytes(4)]))
    """


@answer(because="expected")
def empty_tensor_of_monstrous_sizes():
    """Sends a tensor of no numbers whose other sizes overflow."""
    return """
        def double(x):
            say(raw(outcome(b'["T","float32",[0,4611686018427387904,8],0,false]'), [b""]))
    """


@answer(because=UNREADABLE)
def array_of_objects():
    """Sends an array of Python objects: its bytes are addresses in the judge's memory."""
    return """
        def double(x):
            say(raw(outcome(b'["n","|O",[1],0]'), [struct.pack("<Q", id(x))]))
    """


@answer(because=UNREADABLE)
def dtype_that_is_a_program():
    """Sends dtypes that numpy would have to interpret."""
    return """
        def double(x):
            name = b"f4," * 50_000
            say(raw(outcome(b'["n","' + name + b'f4",[1],0]'), [bytes(200_004)]))
    """


@answer(because=UNREADABLE)
def not_a_number_in_json():
    """Sends Python's own extensions of JSON."""
    return """
        def double(x):
            say(raw(outcome(b'["f",NaN]')))
    """


@answer(because=UNREADABLE)
def keys_that_cannot_be_keys():
    """Sends a dictionary whose keys are lists."""
    return """
        def double(x):
            say(raw(outcome(b'["d",[[["l",[]],["v",null]]]]')))
    """


@answer(because="it is not one of ours")
def outcome_made_up():
    """Sends an outcome that there is not: passed."""
    return """
        def double(x):
            say(encode({**value(60.0), "outcome": "passed"}))
    """


@answer(because="it is not one of ours")
def outcome_with_parts_of_odd_types():
    """Sends an outcome whose parts are numbers in place of lists and texts."""
    return """
        def double(x):
            say(encode({"outcome": "raised", "error": 1, "kinds": 2, "changed_arguments": 3}))
    """


@answer(because="expected")
def error_by_the_name_of_every_other():
    """Says that it raised an exception that is one of every kind a test may wait for."""
    return """
        import builtins

        kinds = [name for name in dir(builtins) if name.endswith("Error")] + ["CheckError"]

        def double(x):
            said = {"outcome": "raised", "error": "\\x1b[2J", "kinds": kinds, "message": "expected"}
            say(encode({**said, "changed_arguments": ["0"]}))
    """


@answer(because=("which cannot be shown here", "expected an int"))
def handle_of_another_object():
    """Sends a handle for an object that is not its own."""
    return """
        def double(x):
            say(raw(outcome(b'["o","int"]')))
    """
