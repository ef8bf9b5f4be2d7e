"""What a reader's program is watched for, which no array tells. Python 3.7."""

from frontends.workers.recording import DROPOUT

UPSCALE = "upscale_in_train"
RANDOM = {
    "uniform_random",
    "uniform_random_batch_size_like",
    "gaussian_random",
    "gaussian_random_batch_size_like",
    "truncated_gaussian_random",
    "randint",
    "randperm",
    "sampling_id",
    "random_crop",
    "shuffle_batch",
}


def watch(main, test, recordings, place_of, dropping):
    """Have what a reader's program does told, in training and in evaluation.

    place_of: gives the reader's line that made an op. dropping: see protocol.NetworkFile.
    """
    seen, ops, rates = recordings.seen, main.global_block().ops, {}
    for mode, program in {"train": main, "evaluate": test}.items():
        seen.start(mode)
        for given, result, rate in list(_dropouts(program.global_block(), seen, place_of)):
            if mode == "train":
                rates[result.name] = rate
                recordings.given.put(DROPOUT, given)
                recordings.steps.put(DROPOUT, result)
    if dropping:
        _drop(main.global_block(), rates)
    for op in ops:
        if op.type in RANDOM:
            seen.note("mine draws random numbers (%s)" % op.type)
    for name, value in main.global_block().vars.items():
        if getattr(value, "error_clip", None) is not None:
            seen.note("mine clips the gradient of %s on its way" % name)
    seen.remark(_remarks(main.all_parameters()))
    pools = [op for op in ops if op.type == "pool2d" and op.attr("pooling_type") == "avg"]
    seen.average_pools = len(pools)


def _dropouts(block, seen, place_of):
    """Have every dropout that drops run at rate 0, and told; yield what it is given and gives,
    and its rate.

    What is scaled in evaluation, not in training, is scaled then all the same.
    """
    for op in block.ops:
        if op.type != "dropout" or op.attr("is_test") or not op.attr("dropout_prob"):
            continue
        scaled = op.attr("dropout_implementation")
        kind = "dropout" if scaled == UPSCALE else "dropout (%s)" % scaled
        given, result = (block.var(op.input("X")[0]), block.var(op.output("Out")[0]))
        rate = op.attr("dropout_prob")
        seen.drops(kind, rate, given.shape, place_of(op))
        op._set_attr("dropout_prob", 0.0)
        yield given, result, rate


def _drop(block, rates):
    """Have dropouts, which run at rate 0, be given x + p sin x in place of x; rates: by the names
    of their results."""
    for op in [each for each in block.ops if each.type == "dropout"]:
        name, rate = op.output("Out")[0], rates.get(op.output("Out")[0])
        if rate is None:
            continue
        x = block.var(op.input("X")[0])
        made = [
            block.create_var(name="%s_%s" % (name, each), dtype=x.dtype, shape=x.shape)
            for each in ("sine", "times", "dropped")
        ]
        ops = (
            ("sin", {"X": x}, {}),
            ("scale", {"X": made[0]}, {"scale": rate, "bias": 0.0, "bias_after_scale": True}),
            ("elementwise_add", {"X": x, "Y": made[1]}, {"axis": -1}),
        )
        at = block.ops.index(op)
        for number, (kind, inputs, attributes) in enumerate(ops):
            block._insert_op(
                at + number,
                type=kind,
                inputs=inputs,
                outputs={"Out": made[number]},
                attrs=attributes,
            )
        op._rename_input(x.name, made[-1].name)


def _remarks(parameters):
    """Yield what training does to parameters by their attributes, in words."""
    decayed = [each for each in parameters if each.regularizer is not None]
    if decayed:
        yield "%d parameters of mine have a regularizer of their own: not compared" % len(decayed)
    own = {each.optimize_attr["learning_rate"] for each in parameters} - {1.0}
    if own:
        rates = ", ".join("%g" % each for each in sorted(own))
        yield "parameters of mine have learning rates of their own (%s times): not compared" % rates
