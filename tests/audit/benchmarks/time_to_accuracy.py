"""Time three convolutional networks to a test accuracy: the published one, Keras's own example, and chapter 5's.

Every network is trained from the start by the recipe that belongs to it, on the CPU and
on the 60,000 training images of MNIST. The published recipe and Keras's example are
judged after each epoch, and stop at the first that reaches the goal. Ours is a schedule
whose length is fixed beforehand: it must reach the goal at its end, on the mean of all
rounds. Only training is timed, the translation of the network by TensorFlow included.
All make the same number of steps before they return to Python: the chapter's, or
`--steps-at-once 1`, as the two rivals were published. `make bench` calls this.
"""

import argparse
import os
import time

os.environ.update(
    CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow"
)  # before the imports

import nbformat
import numpy as np

from helpers.datasets import load_mnist
from tests.audit.benchmarks.results import keep, machine_facts, verdict
from tools.consoles import spare_signs

CHAPTER = os.path.join(
    os.path.dirname(__file__), "..", "..", "notebooks", "05_keras_cnn.ipynb"
)
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
    """Return the names that a chapter's imports, constants and cells tagged `defines` define."""
    cells = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    names = {}
    for cell in cells[:2] + [
        cell for cell in cells if "defines" in cell.metadata.get("tags", [])
    ]:
        exec(cell.source, names)
    return names


def keras_example(chapter, seed):
    """Return the convnet of Keras's own "Simple MNIST convnet" example, ready to train, and its batch size."""
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
    return chapter["prepare_published"](
        chapter["published_network"](run=seed)
    ), chapter["PUBLISHED_BATCH"]


RIVALS = {"published recipe": published_recipe, "Keras example": keras_example}


def fit(model, x, labels, batch_size):
    """Train for one pass over the images; return the seconds."""
    begin = time.perf_counter()
    model.fit(x, labels, batch_size=batch_size, epochs=1, verbose=0)
    return time.perf_counter() - begin


def accuracy(model, x, labels):
    """Return the share of right answers; not timed."""
    answers = [
        np.asarray(model(x[i : i + 1000], training=False)).argmax(axis=1)
        for i in range(0, len(x), 1000)
    ]
    return np.mean(np.concatenate(answers) == labels)


def until(goal, model, batch_size, data):
    """Train epoch by epoch until the test accuracy reaches the goal; return seconds, accuracy and epochs."""
    x, labels, x_test, labels_test = data
    seconds, reached = [], 0.0
    while reached < goal and len(seconds) < MOST_EPOCHS:
        seconds.append(fit(model, x, labels, batch_size))
        reached = accuracy(model, x_test, labels_test)
    return sum(seconds), reached, len(seconds)


def ours(epochs, chapter, data, run):
    """Train chapter 5's network by its schedule, on all images or the first part of them."""
    x, labels, x_test, labels_test = data
    part = int(epochs * len(x))
    model = chapter["prepare"](chapter["our_network"](run=run), part)
    seconds = fit(model, x[:part], labels[:part], chapter["BATCH_SIZE"])
    return seconds, accuracy(model, x_test, labels_test), epochs


def rows(results):
    """Return one row for each contender of each goal: the means of its runs."""
    return [
        [goal, name, epochs, reached, seconds]
        for goal, contests in results.items()
        for name in contests[0]
        for seconds, reached, epochs in [
            np.mean([contest[name] for contest in contests], axis=0)
        ]
    ]


def ratio(contests, rival):
    """Return how many times longer than ours the rival trains, the median of the runs."""
    return np.median([contest[rival][0] / contest["ours"][0] for contest in contests])


def main():
    """Run the benchmark; return the exit status: 0 when all goals are reached, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Time chapter 5's network to a test accuracy, against two others."
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of each contender (default: 3)"
    )
    parser.add_argument(
        "--steps-at-once",
        type=int,
        help="steps of all contenders between returns to Python",
    )
    arguments = parser.parse_args()
    rounds = max(1, arguments.rounds)

    chapter = taught(CHAPTER)
    chapter["STEPS_AT_ONCE"] = arguments.steps_at_once or chapter["STEPS_AT_ONCE"]
    mnist = load_mnist()
    data = (
        mnist.x_train[..., None],
        mnist.y_train,
        mnist.x_test[..., None],
        mnist.y_test,
    )  # bytes; models rescale

    def contest(goal, run):
        epochs, rival, _ = GOALS[goal]
        model, batch_size = RIVALS[rival](chapter, run)
        return {
            "ours": ours(epochs, chapter, data, run),
            rival: until(goal, model, batch_size, data),
        }

    ours(0.1, chapter, data, 0)  # a warm-up
    results = {goal: [contest(goal, run) for run in range(rounds)] for goal in GOALS}
    table = rows(results)
    successes = sum(reached >= goal for goal, _, _, reached, _ in table)
    all_reached = keep(
        "time_to_accuracy",
        f"Seconds of training, mean of {rounds} runs, {chapter['STEPS_AT_ONCE']} steps at once",
        COLUMNS,
        table,
        facts=machine_facts(),
        verdicts=[
            verdict(
                "contenders that reached their goal",
                successes,
                at_least=len(table),
                digits=0,
            ),
            *(
                verdict(
                    f"{rival} / ours to {goal:.1%}",
                    ratio(results[goal], rival),
                    at_least=wanted,
                )
                for goal, (_, rival, wanted) in GOALS.items()
            ),
        ],
    )
    return 0 if all_reached else 1


if __name__ == "__main__":
    spare_signs()
    raise SystemExit(main())
