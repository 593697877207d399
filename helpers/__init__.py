"""What the chapters of the course share, and nothing that a chapter teaches.

Import what you need from its module, for example
``from helpers.checks import checkpoint``:

``datasets``   the bundled MNIST files
``folders``    a folder for what a chapter saves
``checks``     checkpoints, exercise checks, gradients measured by finite differences
``plotting``   the look of the course, its figures, and descriptions for them
``reports``    confusion matrix, classification report and intervals of accuracies
``numpy_mlp``  the neural network that chapter 3 builds
``pictures``   pictures of one's own, read from files
``startup``    imports a talkative library without its start-up messages

Importing this package loads none of them, changes no setting and prints nothing.
"""
