"""The published pair, difference by difference, and what the sources claim."""

from __future__ import annotations

from common import counting
from common.differences import grouped, structural_differences
from common.networks import load
from common.recipes.named import RECIPES
from reports.handbook import claims
from reports.handbook.evidence import Evidence, versions

PAIR = ("se_resnext_published_tensorflow", "se_resnext_published_fluid")
# Words in a difference, and the pitfall that shows what such a difference does.
SHOWN = {
    "padding": "same_at_stride_2", ".act:": "activated_twice", "epsilon": "epsilon",
    "bias False": "bias_not_declared", "softmax": "double-softmax", "initialization": "gain",
}  # fmt: skip
PAGE = """# The published pair, difference by difference

Two scripts of one article are called completely identical. Here is what differs between the networks
that they build, step by step, the TensorFlow script first: {count} structural differences. Both networks
are in the catalogue, written in five frameworks: [TensorFlow's]({tensorflow}.md), [Fluid's]({fluid}.md);
[se_resnext_cifar](se_resnext_cifar.md) is the repaired one.

```sh
triptych verify {fluid} --against {tensorflow}
```

{differences}

Their trainings differ as well. TensorFlow's: {recipe}. Fluid's: {fluid_recipe}. And the TensorFlow
script shuffles its data once, when it loads them, and tests on what it trained on; the programs of
[its recipe](task-se_resnext_article.md) and [Fluid's](task-se_resnext_article_fluid.md) do neither.

What such a difference does when it is planted alone into a network that is the same in all frameworks is
in [the pitfalls](pitfalls.md): {shown}.

## What each difference does to a training

From the same weights on the same batches, one of TensorFlow's ways at a time in the Fluid file's network
and recipe, in PyTorch and float64, so that nothing else is in between; how far the parameters come apart.
The network is the article's, cut to three blocks of 8 paths of depth 8, on MNIST. Compare in the first
column of distances: a training at this rate magnifies whatever there is, and behind the last step the row
*float32*, which is rounding alone, is as far off as most:

{effects}

## One difference at a time, in the two frameworks

Into the repaired network, in real Fluid 1.8.5 or TensorFlow 1.15, as a row says: how far the outputs are
apart with the repaired network's trained weights, how far the losses come apart in the first steps, and the
accuracy behind a short training with the difference. The network is cut as above; accuracies so low, of so
few random seeds, say which differences matter, not by how much. What has no row was not run yet; the
experiment's page names it, and how many seeds there were:

{planted}

## What the sources claim

Each claim was put to the real frameworks, to the specifications, or to an experiment. {measured}

| source | says | verdict | because |
| --- | --- | --- | --- |
{claims}

<details><summary>What ran</summary>

{snippets}

</details>

This page is written by `triptych report handbook` from the specifications and [`{record}`](../{record}).
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    from reports.handbook import experiments  # what they find is drawn, too: matplotlib takes long

    tensorflow, fluid = map(load, PAIR)
    found = structural_differences(tensorflow, fluid)
    record = claims.recorded(evidence.reports)
    lines = {line["claim"]: line for line in record.lines}
    told = [each for each in claims.CLAIMS if claims.settled(each, lines.get(each.name, {}))]
    rows = [f"| {e.source} | {e.says} | **{e.verdict}** | {e.why} |" for e in told]
    text = " ".join(grouped(found))
    shown = [f"[{p}](pitfalls.md#{p})" for word, p in SHOWN.items() if word in text]
    return PAGE.format(
        count=len(found),
        tensorflow=PAIR[0],
        fluid=PAIR[1],
        recipe=RECIPES["se_resnext_article"].words(),
        fluid_recipe=RECIPES["se_resnext_article_fluid"].words(),
        differences="\n".join(f"- {each}" for each in grouped(found)),
        shown=", ".join(shown),
        measured=f"Measured {record.header['measured'][:10]}, {versions(record.header)}.",
        effects=experiments.effects(evidence.reports),
        planted=experiments.planted(evidence.reports),
        claims="\n".join([*rows, _counted(), *experiments.verdicts(evidence.reports)]),
        snippets="\n\n".join(f"```python\n# {e.panel}\n{e.text}\n```" for e in told),
        record=claims.RECORD,
    )


def _counted() -> str:
    """Return the row of the claim that the specifications settle by counting."""
    one, other = (counting.trainable(load(name)) for name in PAIR)
    return (
        f"| {claims.ARTICLE} | both scripts are completely identical | **false** | they do not even "
        f"have the same parameters: {one:,} and {other:,} |"
    )
