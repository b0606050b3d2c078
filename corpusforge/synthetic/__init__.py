"""Generated dialogues about code. The same seed and number always give the same dialogue.

How a dialogue is made:

1. `generator.py` seeds a `Draw` (`draw.py`), the only source of randomness, and draws a system
   message (`persona.py`) and a task.
2. A task (`tasks/`) is one kind of request: write, explain, fix, test, … a program, or answer a
   short question. It draws a program from `programs/catalog.py`.
3. A program (`program.py`) comes with a description in English, ways to write it (forms), calls
   that demonstrate it, and plausible mistakes (mutants). It is drawn from one of two sources:
   - a card (`programs/cards/`), a template in which drawn values replace `$words`;
   - a pipeline (`programs/pipelines/`), composed of an origin, predicates, a transform and a
     result.
4. `worked_example.py` runs the calls (`execution.py`), so that a task claims only results that
   were observed.
5. The task words the messages (`phrases.py`) and appends them to a `Dialogue` (`dialogue.py`),
   with checks that repeat what the messages claim.
6. `tasks/followups.py` may add questions about the program that was shown.

To add a program, write a `Card` in a module of `programs/cards/` and name it in
`programs/catalog.py`. To add a task, write a function that takes a `Draw` and a `Dialogue` in a
module of `tasks/` and name it with its weight in `generator.py`. Both change what is drawn, so
raise `generator.VERSION` afterwards.
"""
