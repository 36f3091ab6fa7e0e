"""Models: thin assemblies of the core, each with what it is read out for."""
