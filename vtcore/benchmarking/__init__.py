"""How long the stages of an experiment take, alone and end to end."""
