def add(parser):
    parser.add_argument("word")


def say(arguments):
    print(arguments.word)
    return 0
