"""Time three convolutional networks to a test accuracy: published, Keras's, ours.

Every network is trained from the start by the recipe that belongs to it, on the CPU and
on the 60,000 training images of MNIST. The published recipe and Keras's example are
judged after each epoch, and stop at the first that reaches the goal. Ours is a schedule
whose length is fixed beforehand: it must reach the goal at its end, on the mean of all
rounds. Only training is timed, the translation of the network by TensorFlow included.
All make the same number of steps before they return to Python: the chapter's, or
`--steps-at-once 1`, as the two rivals were published. `make bench` calls this.
"""

import os
import time

import nbformat
import numpy as np

from helpers.datasets import load_mnist
from tests.audit.benchmarks.results import ON_CPU, ROOT, command_line, report, verdict

CHAPTER = ROOT / "notebooks" / "05_keras_cnn.ipynb"
MOST_EPOCHS = 15
# goal: our epochs for it, who is timed against ours, how many times faster ours must be
GOALS = {0.984: (0.35, "published recipe", 40), 0.990: (1, "Keras example", 5)}
COLUMNS = {
    "goal": ".1%",
    "contender": "",
    "epochs": ".2f",
    "accuracy": ".2%",
    "seconds": ".1f",
}


def taught(path):
    """Return the names of a chapter's imports, constants and cells tagged `defines`."""
    cells = nbformat.read(path, as_version=4).cells
    cells = [cell for cell in cells if cell.cell_type == "code"]
    definitions = [cell for cell in cells if "defines" in cell.metadata.get("tags", [])]
    names = {}
    for cell in cells[:2] + definitions:
        exec(cell.source, names)
    return names


def keras_example(chapter, seed):
    """Return Keras's "Simple MNIST convnet", ready to train, and its batch size."""
    keras = chapter["keras"]
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=chapter["STEPS_AT_ONCE"],
    )
    return model, 128


def published_recipe(chapter, seed):
    """Return the published network, ready to train, and its batch size."""
    model = chapter["prepare_published"](chapter["published_network"](run=seed))
    return model, chapter["PUBLISHED_BATCH"]


RIVALS = {"published recipe": published_recipe, "Keras example": keras_example}


def fit(model, x, labels, batch_size):
    """Train for one pass over the images; return the seconds."""
    begin = time.perf_counter()
    model.fit(x, labels, batch_size=batch_size, epochs=1, verbose=0)
    return time.perf_counter() - begin


def accuracy(model, x, labels):
    """Return the share of right answers; not timed."""
    parts = np.array_split(x, 10)  # all at once would take a gigabyte
    answers = [np.argmax(model(part, training=False), axis=1) for part in parts]
    return np.mean(np.concatenate(answers) == labels)


def until(goal, model, batch_size, data):
    """Train up to the goal in test accuracy; return seconds, accuracy and epochs."""
    x, labels, x_test, labels_test = data
    seconds, reached = [], 0.0
    while reached < goal and len(seconds) < MOST_EPOCHS:
        seconds.append(fit(model, x, labels, batch_size))
        reached = accuracy(model, x_test, labels_test)
    return sum(seconds), reached, len(seconds)


def ours(epochs, chapter, data, run):
    """Train chapter 5's network by its schedule, on all images or the first ones."""
    x, labels, x_test, labels_test = data
    part = int(epochs * len(x))
    model = chapter["prepare"](chapter["our_network"](run=run), part)
    seconds = fit(model, x[:part], labels[:part], chapter["BATCH_SIZE"])
    return seconds, accuracy(model, x_test, labels_test), epochs


def rows(results):
    """Return one row for each contender of each goal: the means of its runs."""
    table = []
    for goal, contests in results.items():
        for name in contests[0]:
            runs = [contest[name] for contest in contests]
            seconds, reached, epochs = np.mean(runs, axis=0)
            table.append([goal, name, epochs, reached, seconds])
    return table


def ratio(contests, rival):
    """Return how many times longer than ours the rival trains, as a median."""
    return np.median([contest[rival][0] / contest["ours"][0] for contest in contests])


def main():
    """Run the benchmark; return 0 when all goals are reached, else 1."""
    words = "Time chapter 5's network to a test accuracy, against two others."
    parser = command_line(words, rounds=3)
    words = "steps of all contenders between returns to Python"
    parser.add_argument("--steps-at-once", type=int, help=words)
    options = parser.parse_args()
    os.environ.update(ON_CPU)

    chapter = taught(CHAPTER)
    steps = options.steps_at_once or chapter["STEPS_AT_ONCE"]
    chapter["STEPS_AT_ONCE"] = steps
    mnist = load_mnist()
    x, x_test = mnist.x_train[..., None], mnist.x_test[..., None]  # models rescale
    data = x, mnist.y_train, x_test, mnist.y_test

    def contest(goal, run):
        epochs, rival, _ = GOALS[goal]
        model, batch_size = RIVALS[rival](chapter, run)
        return {
            "ours": ours(epochs, chapter, data, run),
            rival: until(goal, model, batch_size, data),
        }

    ours(0.1, chapter, data, 0)  # a warm-up
    runs = range(options.rounds)
    results = {goal: [contest(goal, run) for run in runs] for goal in GOALS}
    table = rows(results)
    reached = sum(reached >= goal for goal, _, _, reached, _ in table)
    text = "contenders that reached their goal"
    goals = [verdict(text, reached, at_least=len(table), digits=0)]
    for goal, (_, rival, wanted) in GOALS.items():
        faster = ratio(results[goal], rival)
        goals.append(verdict(f"{rival} / ours to {goal:.1%}", faster, at_least=wanted))
    title = f"Seconds of training, mean of {len(runs)} runs, {steps} steps at once"
    return report("time_to_accuracy", title, COLUMNS, table, goals)


if __name__ == "__main__":
    raise SystemExit(main())
