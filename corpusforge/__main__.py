"""`python -m corpusforge`."""

from corpusforge.cli import main

if __name__ == "__main__":
    main()
