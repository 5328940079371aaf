def declare(parser):
    parser.add_argument("who")


def greet(arguments):
    print("hello", arguments.who)
    return 0
