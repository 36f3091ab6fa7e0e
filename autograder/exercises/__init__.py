"""The exercises of every chapter: what is asked, how it is checked, which mistakes are known."""
