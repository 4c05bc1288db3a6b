"""The demonstration school: everybody in it is made up. Not part of an installation of a school."""
