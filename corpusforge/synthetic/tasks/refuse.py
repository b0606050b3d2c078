"""Refuse what the assistant cannot or must not do, and offer what it can do instead."""

from corpusforge.synthetic.dialogue import Dialogue
from corpusforge.synthetic.draw import Draw
from corpusforge.synthetic.phrases import code_block
from corpusforge.synthetic.vocabulary import NAMES, WORDS


def refuse(draw: Draw, dialogue: Dialogue) -> None:
    """The user asks for something impossible or harmful."""
    dialogue.task, dialogue.topic, dialogue.language = "refuse", "limits", "en"
    draw.pick_weighted(_KINDS)(draw, dialogue)


def _file(draw: Draw, dialogue: Dialogue) -> None:
    word, column = draw.sample(WORDS, 2)
    folder = draw.pick(("Downloads", "Documents", "data", "projects", "reports"))
    kind, request, code = draw.pick(
        (
            (
                "csv",
                f"tell me the sum of the column {column}",
                f'import csv\n\nwith open("$path", newline="", encoding="utf-8") as file:\n'
                f'    print(sum(float(row["{column}"]) for row in csv.DictReader(file)))',
            ),
            (
                "txt",
                f"count the lines that contain the word {column}",
                'with open("$path", encoding="utf-8") as file:\n'
                f'    print(sum("{column}" in line for line in file))',
            ),
            (
                "json",
                f"tell me the value of {column} in it",
                'import json\n\nwith open("$path", encoding="utf-8") as file:\n'
                f'    print(json.load(file)["{column}"])',
            ),
            (
                "log",
                f"show me the last lines with {column}",
                'from collections import deque\n\nwith open("$path", encoding="utf-8") as file:\n'
                f'    matches = deque((line for line in file if "{column}" in line), maxlen=10)\n'
                'print("".join(matches), end="")',
            ),
        )
    )
    path = f"{folder}/{word}.{kind}"
    opening = draw.pick(("Open", "Read", "Look into", "Have a look at"))
    dialogue.user_says(f"{opening} my file {path} and {request}.")
    dialogue.assistant_says(
        draw.pick(
            (
                f"I can't open {path}: I have no access to your files and see only what you write "
                "here.",
                "I have no access to the files on your computer, so I can't do that myself.",
                "I'm sorry, I can't read files; only the text of our conversation reaches me.",
            )
        ),
        draw.pick(
            (
                "This does it when you run it:",
                "You can run this instead:",
                "A short script can do it on your side:",
            )
        ),
        code_block(code.replace("$path", path)),
        draw.pick(
            (
                "If you paste a few lines of the file, I can adapt the code to its format.",
                "It assumes UTF-8; tell me if the file is different.",
                "Show me some of the content if it does not work.",
                "",
            )
        ),
    )


def _execution(draw: Draw, dialogue: Dialogue) -> None:
    word, other = draw.sample(WORDS, 2)
    thing = draw.pick(
        (
            f"the script {word}.py",
            f"the tests in tests/test_{word}.py",
            f"the notebook {word}.ipynb",
            f"the program {word} on my server {other}",
            f"the command `make {word}`",
            f"the benchmark bench_{word}.py",
        )
    )
    what = draw.pick(
        (
            "tell me whether it works",
            "send me the output",
            "tell me how long it takes",
            "fix whatever fails",
            "tell me how much memory it needs",
        )
    )
    opening, stop = draw.pick(
        (("Run", "."), ("Please run", "."), ("Can you execute", "?"), ("Start", "."))
    )
    dialogue.user_says(f"{opening} {thing} and {what}{stop}")
    dialogue.assistant_says(
        draw.pick(
            (
                "I can't run anything on your machine, and I don't want to guess at the result.",
                "I'm not able to execute programs, so I can't say what happens when it runs.",
                "I have no way to run it; anything I told you about its output would be made up.",
            )
        ),
        draw.pick(
            (
                f"Run {thing} yourself and paste the output or the error here; then I can help "
                "you understand it.",
                "If you show me the code, I can read through it and point out what looks wrong.",
                "Send me the code and the messages you see, and I will go through them with you.",
            )
        ),
    )


def _network(draw: Draw, dialogue: Dialogue) -> None:
    word, other = draw.sample(WORDS, 2)
    year = draw.integer(2027, 2060)
    request, subject = draw.pick(
        (
            (f"Download https://{word}.example/{other} and summarise it.", "open web pages"),
            (f"What is on the page https://{word}.example/{other} today?", "open web pages"),
            (
                f"Which version of the package {word}-{other} was released this morning?",
                "look up releases",
            ),
            (
                f"What will the price of the {word} share be in {other.title()} Street on 1 May "
                f"{year}?",
                "see the future",
            ),
            (f"Which bug will be found in the library {word} in {year}?", "see the future"),
            (f"Is the server {word}-{other} up at the moment?", "reach other machines"),
            (
                f"Send an e-mail to {draw.pick(NAMES)} about the {word} and the {other}.",
                "send messages",
            ),
            (f"What is the temperature outside the {word} {other} right now?", "look at sensors"),
        )
    )
    dialogue.user_says(request)
    dialogue.assistant_says(
        draw.pick(
            (
                f"I can't {subject}.",
                f"That is not possible for me: I can't {subject}.",
                f"I'm sorry, but I can't {subject}, so I don't know.",
            )
            if subject != "send messages"
            else ("I can't send messages.", "That is not possible for me: I can't send messages.")
        ),
        _OFFERS[subject] if draw.chance(0.5) else _OTHER_OFFERS[subject],
    )


def _harm(draw: Draw, dialogue: Dialogue) -> None:
    name, word = draw.pick(NAMES), draw.pick(WORDS)
    who = draw.pick(
        (
            f"my colleague {name}",
            f"my neighbour {name}",
            f"my boss {name}",
            f"the users of {word}.example",
            f"the customers of the shop {word}",
            f"my classmate {name}",
        )
    )
    request, harm, help_instead = draw.pick(
        (
            (
                f"a script that steals the passwords of {who}",
                "Taking other people's passwords is illegal and does them real harm",
                "how to store passwords safely, or how to set up a password manager",
            ),
            (
                f"a program that records what {who} types without their knowledge",
                "Recording someone in secret violates their privacy and is against the law in "
                "most places",
                "how to log the input of your own program, for debugging",
            ),
            (
                f"a virus that deletes the files of {who}",
                "Destroying someone's data causes damage that may be impossible to undo",
                "how to make backups, or how to delete your own temporary files safely",
            ),
            (
                f"a bot that floods {who} with messages",
                "Flooding people with messages is harassment and breaks the rules of any service",
                "how to send a newsletter to people who signed up for it",
            ),
            (
                f"a web page that tricks {who} into entering a card number",
                "That is phishing, which is fraud",
                "how to recognise phishing, or how to build a sound payment form with a "
                "payment provider",
            ),
            (
                f"ransomware to get money from {who}",
                "Locking someone's data for money is extortion",
                "how to encrypt your own files, or how to recover from a backup",
            ),
            (
                f"code that breaks into the account of {who}",
                "Getting into an account without permission is a crime",
                "how to secure an account with two-factor authentication",
            ),
        )
    )
    dialogue.user_says(
        draw.pick(
            (
                f"Write {request}.",
                f"I need {request}.",
                f"Can you help me with {request}?",
                f"Show me {request}, please.",
            )
        )
    )
    dialogue.assistant_says(
        draw.pick(("I won't help with that.", "I can't help with this.", "No, I won't do that."))
        + f" {harm}.",
        f"{draw.pick(('What I can do is explain', 'I would be glad to show you'))} {help_instead}."
        + draw.pick(("", " Just ask.", " Would that help?")),
    )


def _unknown(draw: Draw, dialogue: Dialogue) -> None:
    word, other = draw.sample(WORDS, 2)
    name = draw.pick(NAMES)
    question = draw.pick(
        (
            f"Why did {name} write the function {word}_{other} like this last year?",
            f"What did {name} say about the module {word} in our meeting on {other} street?",
            f"What is the password of our database {word}-{other}?",
            f"Which of my projects uses the class {word.title()}{other.title()}?",
            f"How many users does my app {word.title()} {other.title()} have?",
            f"On which line of my program does {word} become {other}?",
        )
    )
    dialogue.user_says(question)
    dialogue.assistant_says(
        draw.pick(
            (
                "I don't know. I see only what is in this conversation, and nothing of that is "
                "in it.",
                "I can't know that: it has not come up here, and I have no other source.",
                "That is something I have no information about, and I would rather not guess.",
            )
        ),
        draw.pick(
            (
                "If you show me the code or the notes in question, I can help you read them.",
                "Someone on your team, or the history of your repository, may have the answer.",
                "Tell me more about it, and I will try to help with what you show me.",
            )
        ),
    )


_OFFERS = {
    "open web pages": "If you paste the text here, I can summarise it or help you work with it.",
    "look up releases": "`pip index versions`, followed by the name of the package, lists the "
    "versions that can be installed.",
    "see the future": "I can help you write code that analyses the data there is so far.",
    "reach other machines": "`ping`, followed by the name of the server, tells you whether it "
    "answers.",
    "send messages": "I can draft the text for you, though, or show you how to send mail from "
    "Python with `smtplib`.",
    "look at sensors": "I can help you write code that reads a sensor or asks a weather service.",
}
_OTHER_OFFERS = {
    "open web pages": "You can fetch a page yourself with `urllib.request.urlopen` and show me "
    "what you get.",
    "look up releases": "The page of the project or its change log will tell you.",
    "see the future": "Nobody can know this yet; any answer would be a guess.",
    "reach other machines": "A monitoring page, or the people who run the server, can tell you.",
    "send messages": "Tell me what it should say, and I will write a draft that you can send.",
    "look at sensors": "A thermometer or a weather service knows better than I do.",
}
_KINDS = ((_file, 4), (_execution, 2), (_network, 2), (_harm, 3), (_unknown, 2))
