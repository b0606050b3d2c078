"""Generated dialogues about code: composed from a grammar of programs, the same for ever."""
