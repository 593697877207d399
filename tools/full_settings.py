"""The settings of the course's sources, and the results that they report.

The chapters use fewer epochs where the sources' would take too long. `make full` puts
these settings back, executes every chapter, and checks the headline results in a last
cell that is added to each.
"""

import nbformat

from tools.chapters import set_constants

# chapter: constants that its second code cell sets, with the source's values. A chapter
# that has the source's settings already needs no entry.
SETTINGS = {
    "03_numpy_mlp": {"EPOCHS": 200},
    # both networks as in the sources; the comparison on more splits
    "04_keras_mlp": {"SPLITS": 12},
    "05_keras_cnn": {
        "EPOCHS": 10,
        "SHORT_RUN": 55_000,
        "BASE_RUNS": 5,
        "VARIANT_RUNS": 5,
    },
}

# chapter: code for its last cell, where results are to be checked; it sees all names
HEADLINES = {
    "01_gradient_descent": """
checkpoint("75 steps, not 11, bring the line within 1 % of the target",
           STEPS == 11 and steps_needed == 75)
""",
    "02_pca": """
checkpoint("two components keep 28.5 % of the variance",
           round(ratios[:2].sum(), 3) == 0.285)
checkpoint("21 components keep 90 %, and 20 do not",
           cumulative[20].round(4) == 0.9032 and cumulative[19] < 0.9)
""",
    "03_numpy_mlp": """
for name, recorded in list(after_full_time.items())[1:]:
    found = of_runs(name, "validation_accuracy").mean(axis=0)[[100, 200]].round(4)
    checkpoint(f"{name}: {recorded}, as in the text, within half a point of {found}",
               np.allclose(found, recorded, atol=0.005))
stuck = last["ones, sigmoid"][:, None]
checkpoint("all ones: stuck at the share of a single digit, about 11 %",
           np.all(np.abs(stuck - shares).min(axis=1) < 1e-9)
           and np.allclose(stuck, 0.11, atol=0.02))
checkpoint("at 0.01, even 200 epochs of the deepest network stay behind "
           "twelve epochs at a better rate",
           last["two hidden layers"].max() < final_accuracy)
""",
    "04_keras_mlp": """
recorded = {"nearest centroid": 0.895, "logistic regression": 0.963,
            "network on pixels": 0.971, "network on PCA": 0.980,
            "5 nearest neighbours": 0.986, "SVC": 0.986}
for name, share in recorded.items():
    checkpoint(f"{name}: {share:.1%}, within a point of {mean[name]:.1%}",
               abs(mean[name] - share) < 0.01)
checkpoint("105,610 parameters: on average behind two models of one line",
           mean["network on PCA"] < min(mean["SVC"], mean["5 nearest neighbours"]))
checkpoint("784-48-10 reads about 93 % of the MNIST test images",
           0.92 < mnist_report.accuracy < 0.95)
""",
    "05_keras_cnn": """
checkpoint(f"the published network after ten epochs: {share[published_cnn]:.2%}, "
           "98.4 % within 0.3 points",
           abs(share[published_cnn] - 0.984) < 0.003)
training_now = [100 * counted, 100 * asked, 100 * watched]
checkpoint(f"{full_training}, as in the text, "
           f"within 0.2 points of {np.round(training_now, 2)}",
           np.allclose(list(full_training.values()), training_now, atol=0.2))
checkpoint("fit's count is too low by more than 0.3 points", asked - counted > 0.003)
for name, (percent, *_) in full_ablation.items():
    found = 100 * ablation[name]
    checkpoint(f"{name}: {percent} %, as in the text, within 0.2 points of {found:.2f}",
               abs(found - percent) < 0.2)

def five_networks(epochs, augment):
    accuracies, seconds = [], []
    for run in range(5):
        model = prepare(our_network(augment=augment(), run=run),
                        len(x_train), epochs=epochs)
        begin = perf_counter()
        model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)
        seconds.append(perf_counter() - begin)
        accuracies.append(100 * accuracy(model, test_pictures, mnist.y_test))
    print(f"{epochs} epochs: {np.round(accuracies, 2)}, "
          f"mean {np.mean(accuracies):.3f} %, {max(seconds):.0f} s at most")
    return np.mean(accuracies)

quick_mean, plain_mean = five_networks(1, tuple), five_networks(LONG_EPOCHS, tuple)
long_mean = five_networks(LONG_EPOCHS, augmentation)
checkpoint("five networks after one epoch: "
           "at least 99.0 % of the test pictures on average", quick_mean >= 99.0)
checkpoint("five networks after the long training: at least 99.45 %",
           long_mean >= 99.45)
checkpoint("augmentation spares mistakes", long_mean > plain_mean)
found_now = 100 * share[published_cnn], quick_mean, plain_mean, long_mean
for (name, percent), found in zip(full_results.items(), found_now):
    print(f"{name}: {percent} % in the text, {found:.3f} % now")
    checkpoint(f"{name}: as in the text, within 0.1 points", abs(found - percent) < 0.1)
""",
}


def at_full_settings(notebook, chapter):
    """Return a notebook with the source's settings and a last cell of checks."""
    if chapter in SETTINGS:
        set_constants(notebook, chapter, SETTINGS[chapter])
    if chapter in HEADLINES:
        notebook.cells.append(nbformat.v4.new_code_cell(HEADLINES[chapter].strip()))
    return notebook
